import type { OpusLibrary } from '../../native-bindings/opus.js'
import type { ResamplerLibrary } from '../../native-bindings/resampler.js'
import type { SileroVad } from '../../native-bindings/silero-vad.js'
import type { ByteRing } from '../../src/ring/byte-ring.js'
import type { SleeperBell } from '../../src/ring/doorbell.js'
import type { Endpoint } from '../../src/ring/endpoint.js'
import type { Outbox } from '../../src/ring/outbox.js'
import type { SlotTable } from '../../src/ring/slot-table.js'
import type { UtteranceArena } from '../../src/ring/utterance-arena.js'
import type { VoiceCounters } from '../../src/ring/voice-counters.js'
import type { HearingOptions } from './hearing-options.js'
import type { Recorder } from './recorder.js'
import type { SpeechTap } from './speech-tap.js'

/** What a seat's hearing reports; called from within the voice loop's pass. */
export interface HearingSink {
  /** A recogniser that listens along. */
  readonly tap?: SpeechTap | null
  onSpeechStarted (): void
  /** It lasts: somebody is speaking. */
  onSpeechLasts (): void
  /** It does, and sounds like what the device plays. */
  onEchoLasts (): void
  /** Speech has paused: `endpoint` is what its end would be, with references of its own. */
  onPause (endpoint: Endpoint): void
  /** @param arrivalAt of the frame that completes it, or of the device's own end, in µs */
  onEndpoint (endpoint: Endpoint, arrivalAt: number): void
}

/** Hears nothing. */
export const nobody: HearingSink = { onSpeechStarted () {}, onSpeechLasts () {}, onEchoLasts () {}, onPause () {}, onEndpoint () {} }

export interface SpeakingOptions {
  readonly rateHz: number
  readonly frameMs: number
  readonly bitrate: number
  readonly complexity: number
}

export interface VoiceLoopOptions extends HearingOptions, SpeakingOptions {
  readonly firstSlot: number
  readonly seats: number
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
  readonly counters: VoiceCounters
  /** The streaming recogniser, if there is one: what it is told, and what it says. */
  readonly toStreaming?: Outbox | undefined
  readonly fromStreaming?: ByteRing | undefined
  /** Where sessions are recorded. */
  readonly recorder?: Recorder | undefined
  /** [0] != 0 asks the loop to return. */
  readonly stopFlag: Int32Array
}
