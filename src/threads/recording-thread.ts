import { MessageChannel } from 'node:worker_threads'
import type { Config } from '../core/config-schema.js'
import type { ChorusError } from '../core/errors.js'
import type { Log } from '../core/log.js'
import type { RecordingLink, RecordingStart } from '../ring/recording-messages.js'
import { ResidentPool } from './resident-pool.js'

interface RecordingThreadOptions {
  readonly config: Config
  readonly voiceWorkers: number
  readonly log: Log
  readonly onLost: (error: ChorusError) => void
}

/** The thread that writes recordings, seen from the one that starts it. */
export class RecordingThread {
  /** One for each voice worker. */
  readonly links: readonly RecordingLink[]
  readonly #options: RecordingThreadOptions
  readonly #pool: ResidentPool
  readonly #control = new MessageChannel()
  readonly #writers: readonly RecordingLink[]

  constructor (options: RecordingThreadOptions) {
    this.#options = options
    const { log, onLost, voiceWorkers } = options
    this.#pool = new ResidentPool({
      name: 'recording', file: new URL('../../workers/recording-worker.js', import.meta.url), workers: 1, log, onLost
    })
    const pairs = Array.from({ length: voiceWorkers }, () => {
      const { port1, port2 } = new MessageChannel()
      const settledBytes = new SharedArrayBuffer(4)
      return { voice: { port: port1, settledBytes }, writer: { port: port2, settledBytes } }
    })
    this.links = pairs.map(({ voice }) => voice)
    this.#writers = pairs.map(({ writer }) => writer)
  }

  /** @throws CHORUS_RECORDING_FOLDER, CHORUS_WORKER_LOST, CHORUS_WORKER_SLOW_START */
  async start (): Promise<void> {
    const { config, log } = this.#options
    const task: RecordingStart = { config, control: this.#control.port2, links: this.#writers }
    const { facts } = await this.#pool.start(task, [task.control, ...this.#writers.map(({ port }) => port)], this.#control.port1)
    log.warn('sessions are recorded: what people say is kept', { folder: facts['folder'], sessions: config.recording.sessions })
  }

  /** Call when the voice workers have returned: what they sent is written first. */
  async stop (): Promise<void> {
    await this.#pool.stop(() => {
      this.#control.port1.postMessage('stop')
      for (const { port } of this.links) port.close() // of a voice worker that was never started
    })
    this.#control.port1.close()
  }
}
