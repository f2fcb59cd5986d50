import type { OpusLibrary } from '../../native-bindings/opus.js'
import type { ResamplerLibrary } from '../../native-bindings/resampler.js'
import type { SileroVad } from '../../native-bindings/silero-vad.js'
import type { ByteRing } from '../../src/ring/byte-ring.js'
import type { SleeperBell } from '../../src/ring/doorbell.js'
import type { Outbox } from '../../src/ring/outbox.js'
import type { SlotTable } from '../../src/ring/slot-table.js'
import type { UtteranceArena } from '../../src/ring/utterance-arena.js'
import type { HearingOptions } from './hearing.js'

export interface VoiceLoopOptions extends HearingOptions {
  readonly firstSlot: number
  readonly seats: number
  readonly rateHz: number
  readonly frameMs: number
  readonly bitrate: number
  readonly complexity: number
  readonly batchWindows: number
  readonly batchWaitMs: number
  /** Frames that may be encoded and not yet sent. */
  readonly framesAhead: number
}

export interface VoiceLoopParts {
  readonly opus: OpusLibrary
  readonly resamplers: ResamplerLibrary
  readonly vad: SileroVad
  readonly slots: SlotTable
  readonly arena: UtteranceArena
  readonly bell: SleeperBell
  readonly fromGateway: ByteRing
  readonly fromDialogue: readonly ByteRing[]
  readonly outbox: Outbox
  /** [0] != 0 asks the loop to return. */
  readonly stopFlag: Int32Array
}
