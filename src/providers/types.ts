import type { WorkTimes } from '../core/turn-stages.js'

/** BCP 47 primary subtag of what is spoken or heard: `en`, `zh`, … */
export type Language = string

/** A tool that a model is offered. */
export interface ToolSpec {
  readonly name: string
  readonly description: string
  /** A JSON Schema of type `object`. */
  readonly parameters: Readonly<Record<string, unknown>>
}

/** What a model wants done. */
export interface ToolCall {
  /** Names the call in its result. */
  readonly id: string
  readonly name: string
  /** JSON, as the model wrote it: nobody has looked at it. */
  readonly arguments: string
}

export type ChatMessage =
  | { readonly role: 'system' | 'user', readonly content: string }
  | { readonly role: 'assistant', readonly content: string, readonly toolCalls?: readonly ToolCall[] }
  /** What came of a call; follows the message of the assistant that made it. */
  | { readonly role: 'tool', readonly content: string, readonly callId: string }

export interface LlmRequest {
  readonly messages: readonly ChatMessage[]
  /** None where they are left out. */
  readonly tools?: readonly ToolSpec[]
  /** Tells conversations apart, for services that keep what was said themselves. */
  readonly conversation?: string
  readonly signal: AbortSignal
}

/** A language model. */
export interface Llm {
  /** `kind/vendor`, as in logs and errors: `llm/openai`. */
  readonly name: string
  /**
   * Text deltas as they arrive, and complete calls of the tools that were offered. An empty delta
   * says no more than that the model is at work. Ends when the answer is complete; ends at once,
   * without an error, when the signal aborts.
   * @throws CHORUS_PROVIDER_REFUSED, CHORUS_PROVIDER_RUBBISH, CHORUS_PROVIDER_BROKEN
   */
  stream (request: LlmRequest): AsyncIterable<string | ToolCall>
  /** Opens what the first request would otherwise wait for. Never throws. */
  warm (): Promise<void>
  close (): Promise<void>
}

/** One utterance as a complete file: mono, 16 kHz. */
export interface SpeechFile {
  /** `opus` is in an Ogg container. */
  readonly format: 'wav' | 'opus'
  readonly bytes: Uint8Array
}

export interface AsrRequest {
  readonly file: SpeechFile
  /** What is spoken; empty where the service shall find out. */
  readonly language: Language
  readonly signal: AbortSignal
}

export interface Transcript {
  /** Empty where nothing was said. */
  readonly text: string
  /** In the words of the service, if it tells. */
  readonly language: string | undefined
}

/** A recogniser over a network. */
export interface Asr {
  readonly name: string
  /**
   * The words of one utterance. Rejects with the signal's reason when that aborts.
   * @throws CHORUS_PROVIDER_TIMEOUT, CHORUS_PROVIDER_REFUSED, CHORUS_PROVIDER_RUBBISH,
   * CHORUS_PROVIDER_BROKEN
   */
  recognise (request: AsrRequest): Promise<Transcript>
  warm (): Promise<void>
  close (): Promise<void>
}

/** Mono PCM: `samples` are 16-bit at `sampleRateHz`. */
export interface PcmChunk {
  readonly samples: Int16Array
  readonly sampleRateHz: number
  /** Of a first chunk: when a voice on this machine was at work on it, without waiting its turn. */
  readonly made?: Readonly<WorkTimes>
}

export interface SpeechRequest {
  /** One cleaned sentence. */
  readonly text: string
  readonly language: Language
  readonly signal: AbortSignal
}

/** A voice. */
export interface Tts {
  readonly name: string
  /**
   * PCM as it is produced; every chunk of one request has the same rate. Ends at once, without an
   * error, when the signal aborts.
   * @throws CHORUS_PROVIDER_REFUSED, CHORUS_PROVIDER_RUBBISH, CHORUS_PROVIDER_BROKEN,
   * CHORUS_TTS_NO_VOICE
   */
  synthesise (request: SpeechRequest): AsyncIterable<PcmChunk>
  warm (): Promise<void>
  close (): Promise<void>
}

export interface VisionRequest {
  readonly question: string
  /** A whole file and its media type. */
  readonly image: { readonly type: string, readonly bytes: Uint8Array }
  readonly signal: AbortSignal
}

/** A language model that sees. */
export interface Vision {
  readonly name: string
  /**
   * What is on the picture, in answer to the question. Rejects with the signal's reason when that
   * aborts.
   * @throws CHORUS_PROVIDER_REFUSED, CHORUS_PROVIDER_RUBBISH, CHORUS_PROVIDER_BROKEN
   */
  explain (request: VisionRequest): Promise<string>
  close (): Promise<void>
}
