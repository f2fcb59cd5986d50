import { fileURLToPath } from 'node:url'

import { ReadyProcess, type Entry, type ProcessEvents } from '../shared/ready-process.js'
import { MOCK_TRANSCRIPT, type SimulateOptions } from './arguments.js'

const START_TIMEOUT_MS = 30_000
// Any will do, but one that the environment holds must not be sent.
const KEY = 'mock'

/** The service of bench/mock-ai in a process of its own. */
export class MockService {
  readonly #process: ReadyProcess<number>

  /** @throws Error with its last words when it cannot start */
  static async start (options: SimulateOptions, events: ProcessEvents, signal: AbortSignal): Promise<MockService> {
    const settings = ['--answer-s', String(options.answerSeconds), '--transcript', MOCK_TRANSCRIPT]
    return new MockService(await ReadyProcess.start(events, {
      name: 'mock AI service',
      script: fileURLToPath(new URL('../../../bench/mock-ai.js', import.meta.url)),
      args: [...settings, ...options.mockArguments, '--port', '0'],
      readReady: readPort,
      timeoutMs: START_TIMEOUT_MS,
      signal
    }))
  }

  constructor (started: ReadyProcess<number>) {
    this.#process = started
  }

  get pid (): number { return this.#process.pid }
  get baseUrl (): string { return `http://127.0.0.1:${this.#process.ready}/v1` }

  /** How often what was asked for. */
  async stats (): Promise<Readonly<Record<string, number>>> {
    const response = await fetch(`http://127.0.0.1:${this.#process.ready}/stats`)
    return await response.json() as Record<string, number>
  }

  stop (): Promise<void> { return this.#process.stop() }
}

/**
 * What makes a server recognise on this machine, whatever its environment and config.yaml say: with
 * neither key nor address `auto` takes no service.
 */
const localRecognition = ['--asr.provider', 'auto', '--asr.openai.baseUrl', '', '--asr.openai.apiKey', '']

/** The settings that point a server at the mock. */
export function mockSettings (baseUrl: string, asr: 'local' | 'mock'): string[] {
  const service = (kind: string, model: string): string[] => [
    `--${kind}.provider`, 'openai', `--${kind}.openai.baseUrl`, baseUrl, `--${kind}.openai.apiKey`, KEY, `--${kind}.openai.model`, model
  ]
  const settings = [...service('llm', 'mock-chat'), ...service('tts', 'mock-speech'), '--tts.openai.sampleRateHz', '24000']
  return [...settings, ...(asr === 'local' ? localRecognition : service('asr', 'mock-transcribe'))]
}

function readPort (entry: Entry): number | undefined {
  return entry['event'] === 'ready' && typeof entry['port'] === 'number' ? entry['port'] : undefined
}
