import type { StreamingPaths } from '../core/model-paths.js'
import type { Config } from '../core/config-schema.js'
import { createRingMemory, type RingMemory } from '../ring/byte-ring.js'
import { SleeperBell } from '../ring/doorbell.js'
import { RECORD_HEADER_BYTES } from '../ring/layout.js'
import type { SlotTable } from '../ring/slot-table.js'
import type { StreamingLink, StreamingStart } from '../ring/worker-messages.js'
import type { ResidentPool } from './resident-pool.js'
import type { StreamingResults } from './streaming-results.js'

/** 16 kHz of 16 bits, in records of 512 samples. */
const STREAM_BYTES_PER_S = 32_000 * (1 + RECORD_HEADER_BYTES / 1024)
/** Endpoint hints are few and small. */
const HINT_RING_BYTES = 1 << 14
/** Words and nothing else. */
const GATEWAY_RING_BYTES = 1 << 18

/** Bytes of the ring from one voice worker, which may have all that speak. */
export function streamingRingBytes (config: Config): number {
  return config.asr.streaming.maxStreams * STREAM_BYTES_PER_S * config.threads.ringMs / 1000
}

export interface StreamingSeatParts {
  readonly config: Config
  readonly files: StreamingPaths
  readonly voiceWorkers: number
  readonly slots: SlotTable
  readonly pool: ResidentPool
  readonly results: StreamingResults
}

/** The one streaming worker, and its rings from and to the voice workers. */
export class StreamingSeat {
  readonly results: StreamingResults
  readonly #parts: StreamingSeatParts
  readonly #bell = new SleeperBell()
  readonly #fromVoice: readonly RingMemory[]
  readonly #toVoice: readonly RingMemory[]
  #close = (): void => {}

  constructor (parts: StreamingSeatParts) {
    const { config, voiceWorkers } = parts
    this.results = parts.results
    this.#parts = parts
    this.#fromVoice = Array.from({ length: voiceWorkers }, () => createRingMemory(streamingRingBytes(config)))
    this.#toVoice = Array.from({ length: voiceWorkers }, () => createRingMemory(HINT_RING_BYTES))
  }

  /** What a voice worker is told of it. */
  linkOf (voice: number): StreamingLink {
    return { to: this.#fromVoice[voice]!, bell: this.#bell.memory, from: this.#toVoice[voice]! }
  }

  /**
   * Loads the model; `voiceBells` are those of the voice workers.
   * @returns the thread's niceness
   * @throws CHORUS_WORKER_LOST, CHORUS_WORKER_SLOW_START
   */
  async start (voiceBells: readonly SleeperBell[]): Promise<number> {
    const { config, files, slots, pool, results } = this.#parts
    const { link, news, close } = pool.link(GATEWAY_RING_BYTES, 0, ring => results.takeOne(ring))
    this.#close = close
    const task: StreamingStart = {
      ...link,
      config,
      files,
      stopFlag: pool.stopFlag,
      slots: slots.memory,
      bell: this.#bell.memory,
      fromVoice: this.#fromVoice,
      toVoice: this.#toVoice.map((ring, index) => ({ ring, bell: voiceBells[index]!.memory }))
    }
    return (await pool.start(task, [link.control, link.gatewayBellPort], news)).nice
  }

  async stop (): Promise<void> {
    await this.#parts.pool.stop(() => { this.#bell.ring() })
    this.#close()
  }
}
