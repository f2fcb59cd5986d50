import { fileURLToPath } from 'node:url'
import { mockSettings } from '../../src/bin/simulate/mock-service.js'
import { ReadyProcess } from '../../src/bin/shared/ready-process.js'
import type { Settings } from '../support/bench-server.js'

const START_TIMEOUT_MS = 30_000

/** The AI service of bench/mock-ai in a process of its own. */
export class MockProcess {
  readonly #process: ReadyProcess<number>

  constructor (started: ReadyProcess<number>) {
    this.#process = started
  }

  /**
   * @param args of the service's command line
   * @throws Error with its last words when it cannot start
   */
  static async start (args: readonly string[], onExit: (reason: string) => void): Promise<MockProcess> {
    return new MockProcess(await ReadyProcess.start({ onProgress: () => {}, onExit }, {
      name: 'mock AI service',
      script: fileURLToPath(new URL('../mock-ai.js', import.meta.url)),
      args: ['--port', '0', ...args],
      readReady: entry => entry['event'] === 'ready' && typeof entry['port'] === 'number' ? entry['port'] : undefined,
      timeoutMs: START_TIMEOUT_MS
    }))
  }

  get pid (): number { return this.#process.pid }

  /** What points a server at it. */
  settings (asr: 'local' | 'mock'): Settings {
    const args = mockSettings(`http://127.0.0.1:${this.#process.ready}/v1`, asr)
    return Object.fromEntries(args.flatMap((name, at) => at % 2 === 0 ? [[name.replace(/^--/, ''), args[at + 1]!]] : []))
  }

  async stats (): Promise<Readonly<Record<string, unknown>>> {
    const response = await fetch(`http://127.0.0.1:${this.#process.ready}/stats`)
    return await response.json() as Record<string, unknown>
  }

  stop (): Promise<void> { return this.#process.stop() }
}
