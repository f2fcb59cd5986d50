import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { promisify } from 'node:util'

import type { Clips, SpareServer, Target } from '../../../tools/conformance/case-context.js'
import { NotApplicable } from '../../../tools/conformance/verdicts.js'
import { ScriptedModel } from '../../../tools/conformance/scripted-model.js'
import { encodeSpeech } from '../../../tools/conformance/speech.js'
import type { ServerTimers } from '../../../tools/conformance/types.js'
import { ServerProcess } from '../shared/server-process.js'
import { findOwnFile, readSpeechFile } from '../shared/speech-file.js'
import type { ConformanceOptions } from './arguments.js'

const QUESTION = 'test/fixtures/en-dog.wav'
const WORD = 'test/fixtures/en-cards-001.wav'
const REAL_TIMERS: ServerTimers = { helloMs: 10_000, idleMs: 90_000, longAnswerS: 120 }
/** What makes a run short: the rules are the same, the waits are not. */
const SHORT_TIMERS: ServerTimers = { helloMs: 2500, idleMs: 12_000, longAnswerS: 25 }

export interface Subject {
  readonly target: Target
  stop (): Promise<void>
}

interface Events { onProgress (text: string): void, onExit (reason: string): void }

/** The server that the options name, or one of our own. */
export async function findSubject (options: ConformanceOptions, events: Events, signal: AbortSignal): Promise<Subject> {
  const encode = (file: string): Buffer[] => encodeSpeech(readSpeechFile(findOwnFile(file)).pcm)
  const clips: Clips = { question: encode(QUESTION), word: encode(WORD) }
  const usual = options.url === undefined && !options.hasRealTimers ? SHORT_TIMERS : REAL_TIMERS
  const timers: ServerTimers = {
    helloMs: options.helloMs ?? usual.helloMs,
    idleMs: options.idleMs ?? usual.idleMs,
    longAnswerS: options.longAnswerS ?? usual.longAnswerS
  }
  const common = { token: options.token, timers, toleranceMs: options.toleranceMs, clips, operator: operatorOf(options.operator) }
  if (options.url !== undefined) {
    const model = options.modelPort === undefined ? undefined : await ScriptedModel.start(options.modelPort)
    return {
      target: { ...common, url: options.url, otaUrl: options.otaUrl, model, spare: undefined, isWhole: false },
      stop: async () => { await model?.close() }
    }
  }
  const model = await ScriptedModel.start()
  const settings = [...settingsFor(timers, model.baseUrl), ...options.serverSettings]
  const start = async (further: readonly string[]): Promise<ServerProcess> => {
    return await ServerProcess.start(events, { settings: [...settings, ...further], signal })
  }
  const server = await start([OPERATOR_SECRET_FLAG, OPERATOR_SECRET])
  const mqtt = lazily(async () => await startForMqtt(start))
  const spare = async (further: readonly string[]): Promise<SpareServer> => {
    const other = await start(further)
    return { url: other.url, otaUrl: otaUrlOf(other), stop: () => other.stop() }
  }
  return {
    target: {
      ...common,
      url: server.url,
      otaUrl: otaUrlOf(server),
      mqttOtaUrl: async () => otaUrlOf(await mqtt.get())!,
      operator: common.operator ?? operatorOver(server),
      model,
      spare,
      isWhole: true
    },
    stop: async () => {
      await server.stop()
      await (await mqtt.started)?.stop()
      await model.close()
    }
  }
}

/** The settings under which a server of ours is tried. */
export function settingsFor (timers: ServerTimers, modelUrl: string): string[] {
  return [
    '--gateway.host', '127.0.0.1', '--http.host', '127.0.0.1',
    '--gateway.helloTimeoutMs', String(timers.helloMs),
    '--session.idleCloseMs', String(timers.idleMs), '--session.restCloseMs', String(timers.idleMs),
    '--gateway.publicHost', '127.0.0.1', '--auth.key', 'key of the suite, which its servers share',
    '--vision.openai.baseUrl', modelUrl, '--vision.openai.apiKey', 'scripted', '--vision.openai.model', 'scripted',
    '--session.turnTimeoutMs', '8000',
    '--llm.provider', 'openai', '--llm.openai.baseUrl', modelUrl, '--llm.openai.apiKey', 'scripted', '--llm.openai.model', 'scripted',
    '--llm.firstTokenTimeoutMs', '3000', '--llm.stallTimeoutMs', '4000',
    '--tts.provider', 'flite', '--asr.provider', 'moonshine'
  ]
}

const OPERATOR_SECRET_FLAG = '--http.operatorSecret'
const OPERATOR_SECRET = 'operator of the suite'

/** What the operator's port of a server of ours can do. */
const ORDERS: Readonly<Record<string, object>> = {
  say: { kind: 'speak', text: 'This is what the operator says.' },
  alert: { kind: 'alert', status: 'Attention', message: 'The operator says so.', emotion: 'neutral' },
  reboot: { kind: 'reboot' }
}

function operatorOver (server: ServerProcess): NonNullable<Target['operator']> {
  return async (order, deviceId) => {
    const body = ORDERS[order]
    if (body === undefined) throw new NotApplicable(`needs an operator who can "${order}": give one with --operator`)
    const answer = await fetch(`${server.httpUrl}/operator/devices/${deviceId}`, {
      method: 'POST', headers: { authorization: `Bearer ${OPERATOR_SECRET}` }, body: JSON.stringify(body)
    })
    return await answer.text()
  }
}

/** Another server, which sends its devices to MQTT: they would use no WebSocket then. */
async function startForMqtt (start: (further: readonly string[]) => Promise<ServerProcess>): Promise<ServerProcess> {
  const port = await findFreePort()
  const settings = ['--mqtt.enabled', '--mqtt.host', '127.0.0.1', '--mqtt.port', String(port), '--mqtt.udpHost', '127.0.0.1', '--mqtt.udpPort', '0']
  return await start([...settings, '--mqtt.signatureKey', 'key of the suite', '--mqtt.endpoint', `127.0.0.1:${port}`])
}

// Devices are told the port before the server could choose one.
async function findFreePort (): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => { probe.close(resolve) })
  return port
}

interface Lazy<T> { readonly get: () => Promise<T>, readonly started: Promise<T> | undefined }

/** Made when it is first asked for, once. */
function lazily<T> (make: () => Promise<T>): Lazy<T> {
  let made: Promise<T> | undefined
  return {
    get: () => made ??= make(),
    get started () { return made }
  }
}

function otaUrlOf (server: ServerProcess): string | undefined {
  return server.httpUrl === undefined ? undefined : `${server.httpUrl}/xiaozhi/ota/`
}

function operatorOf (command: string | undefined): Target['operator'] {
  if (command === undefined) return undefined
  const [program = '', ...words] = command.split(' ')
  return async (order, deviceId) => (await promisify(execFile)(program, [...words, order, deviceId], { timeout: 10_000 })).stdout.trim()
}
