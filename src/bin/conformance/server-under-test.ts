import type { Clips, Target } from '../../../tools/conformance/target.js'
import { ScriptedModel } from '../../../tools/conformance/scripted-model.js'
import { encodeSpeech } from '../../../tools/conformance/speech.js'
import type { ServerTimers } from '../../../tools/conformance/types.js'
import { findOwnFile, readSpeechFile } from '../shared/speech-file.js'
import type { ConformanceOptions } from './arguments.js'
import { operatorBy } from './operator.js'
import { OwnServers, type OwnServersOptions } from './own-servers.js'

const QUESTION = 'test/fixtures/en-dog.wav'
const WORD = 'test/fixtures/en-cards-001.wav'
const REAL_TIMERS: ServerTimers = { helloMs: 10_000, idleMs: 90_000, longAnswerS: 120 }
/** What makes a run short: the rules are the same, the waits are not. */
const SHORT_TIMERS: ServerTimers = { helloMs: 2500, idleMs: 12_000, longAnswerS: 25 }

export interface Subject {
  readonly target: Target
  stop (): Promise<void>
}

/** The server that the options name, or one of our own. */
export async function findSubject (options: ConformanceOptions, events: OwnServersOptions['events'], signal: AbortSignal): Promise<Subject> {
  const encode = (file: string): Buffer[] => encodeSpeech(readSpeechFile(findOwnFile(file)).pcm)
  const clips: Clips = { question: encode(QUESTION), word: encode(WORD) }
  const usual = options.url === undefined && !options.hasRealTimers ? SHORT_TIMERS : REAL_TIMERS
  const timers: ServerTimers = {
    helloMs: options.helloMs ?? usual.helloMs,
    idleMs: options.idleMs ?? usual.idleMs,
    longAnswerS: options.longAnswerS ?? usual.longAnswerS
  }
  const operator = options.operator === undefined ? undefined : operatorBy(options.operator)
  const common = { token: options.token, timers, toleranceMs: options.toleranceMs, clips, operator }
  if (options.url !== undefined) {
    const model = options.modelPort === undefined ? undefined : await ScriptedModel.start(options.modelPort)
    return {
      target: { ...common, url: options.url, otaUrl: options.otaUrl, model, spare: undefined, isWhole: false },
      stop: async () => { await model?.close() }
    }
  }
  const model = await ScriptedModel.start()
  const settings = [...settingsFor(model.baseUrl), ...options.hasRealTimers ? [] : shortened(timers), ...options.serverSettings]
  const servers = new OwnServers({ settings, common: { ...common, model }, events, signal })
  const stop = async (): Promise<void> => {
    await servers.stop()
    await model.close()
  }
  try {
    return { target: await servers.get('usual'), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The settings under which a server of ours is tried. */
function settingsFor (modelUrl: string): string[] {
  return [
    '--gateway.host', '127.0.0.1', '--http.host', '127.0.0.1',
    '--gateway.publicHost', '127.0.0.1',
    '--vision.openai.baseUrl', modelUrl, '--vision.openai.apiKey', 'scripted', '--vision.openai.model', 'scripted',
    '--llm.provider', 'openai', '--llm.openai.baseUrl', modelUrl, '--llm.openai.apiKey', 'scripted', '--llm.openai.model', 'scripted',
    '--tts.provider', 'flite', '--asr.provider', 'moonshine'
  ]
}

function shortened ({ helloMs, idleMs }: ServerTimers): string[] {
  return [
    '--gateway.helloTimeoutMs', String(helloMs), '--session.idleCloseMs', String(idleMs), '--session.restCloseMs', String(idleMs),
    '--session.turnTimeoutMs', '8000', '--llm.firstTokenTimeoutMs', '3000', '--llm.stallTimeoutMs', '4000'
  ]
}
