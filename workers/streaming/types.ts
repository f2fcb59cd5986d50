import type { StreamingRecogniser } from '../../native-bindings/streaming-recogniser.js'
import type { ByteRing } from '../../src/ring/byte-ring.js'
import type { SleeperBell } from '../../src/ring/doorbell.js'
import type { Outbox } from '../../src/ring/outbox.js'
import type { SlotTable } from '../../src/ring/slot-table.js'

export interface StreamingLoopOptions {
  /** Utterances that are listened to at once. */
  readonly maxStreams: number
  /** Utterances that one decoding step takes together. */
  readonly batchStreams: number
  /** Audio between two partial texts of an utterance. */
  readonly partialEveryMs: number
}

export interface StreamingLoopParts {
  readonly recogniser: Pick<StreamingRecogniser, 'open' | 'decode'>
  readonly slots: SlotTable
  readonly bell: SleeperBell
  /** One ring from each voice worker, and the way back to it. */
  readonly fromVoice: readonly ByteRing[]
  readonly toVoice: readonly Outbox[]
  readonly outbox: Outbox
  /** [0] != 0 asks the loop to return. */
  readonly stopFlag: Int32Array
}
