import type { WorkTimes } from '../core/turn-stages.js'
import type { ArenaSpeech } from '../ring/worker-messages.js'

/** Which of the utterances that were heard in a lease of a slot. */
export interface UtteranceName { readonly slot: number, readonly generation: number, readonly utterance: number }

/** One stretch of speech; `language` is that of the device. */
export interface Utterance extends ArenaSpeech { readonly language: string, readonly name: UtteranceName }

/** Whatever turns speech into words: models on this machine, one that listened, or a service. */
export interface Recogniser {
  /** May it be asked at a pause, which may be no end? Not where each request costs money. */
  readonly takesGuesses: boolean
  /** Would a request be worked on at once, and hold up nobody else's? */
  readonly isIdle: boolean
  /**
   * The words; empty where nothing was said. Settles when nothing reads the utterance's pages any
   * more: after an abort, too, and not before. `times` are filled in where there are words.
   * @throws CHORUS_INFERENCE_BUSY, CHORUS_INFERENCE_FAILED, CHORUS_ASR_BUSY, CHORUS_STREAMING_BUSY,
   * CHORUS_STOPPING, the errors of providers, the signal's reason
   */
  recognise (utterance: Utterance, signal: AbortSignal, times: WorkTimes): Promise<string>
}
