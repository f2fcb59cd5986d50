import type { MessagePort } from 'node:worker_threads'
import type { RecogniserPaths, StreamingPaths } from '../core/model-paths.js'
import type { Config } from '../core/config-schema.js'
import type { ErrorRecord } from '../core/errors.js'
import type { WorkTimes } from '../core/turn-stages.js'
import type { RingMemory } from './byte-ring.js'
import type { RecordingLink } from './recording-messages.js'
import type { ArenaMemory } from './utterance-arena.js'

/** Absolute paths of model files whose sha256 was checked. */
export interface ModelPaths {
  readonly silero: string
  /** Undefined where a service or the streaming worker recognises. */
  readonly recogniser: RecogniserPaths | undefined
  /** Undefined where nothing listens along. */
  readonly streaming?: StreamingPaths | undefined
}

/** What every worker is told at its start. */
interface WorkerStart {
  readonly config: Config
  /** Ready and log messages go up here. */
  readonly control: MessagePort
  /** [0] != 0 asks the worker to return from its task. */
  readonly stopFlag: SharedArrayBuffer
  readonly slots: SharedArrayBuffer
  readonly toGateway: RingMemory
  /** Bell of the ring above: the gateway's end of `control`'s sibling port. */
  readonly gatewayBell: SharedArrayBuffer
  readonly gatewayBellPort: MessagePort
  readonly fromGateway: RingMemory
}

export interface VoiceStart extends WorkerStart {
  readonly firstSlot: number
  readonly arena: ArenaMemory
  /** Rung by the gateway and the dialogue workers. */
  readonly bell: SharedArrayBuffer
  readonly fromDialogue: readonly RingMemory[]
  readonly sileroPath: string
  /** The streaming recogniser, if there is one. */
  readonly streaming?: StreamingLink | undefined
  readonly counters: SharedArrayBuffer
  /** Where sessions are recorded. */
  readonly recording?: RecordingLink | undefined
}

/** A voice worker's way to the streaming worker and back; for `from` it is rung itself. */
export interface StreamingLink {
  readonly to: RingMemory
  readonly bell: SharedArrayBuffer
  readonly from: RingMemory
}

export interface DialogueStart extends WorkerStart {
  /** Bell of `fromGateway`. */
  readonly bell: SharedArrayBuffer
  readonly bellPort: MessagePort
  /** One ring per voice worker, in the order of their slots, and that worker's bell. */
  readonly toVoice: readonly { readonly ring: RingMemory, readonly bell: SharedArrayBuffer }[]
  /** Jobs for inference workers go here and their results come back. */
  readonly jobs: MessagePort
  readonly hasEspeak: boolean
  /** Where a service recognises: utterances come in here, their words go back. */
  readonly recognition: { readonly port: MessagePort, readonly arenas: readonly ArenaMemory[] } | undefined
  /** What devices say about their tools comes in here, what they are told goes back. */
  readonly tools: MessagePort
}

export interface StreamingStart extends WorkerStart {
  /** Rung by the voice workers. */
  readonly bell: SharedArrayBuffer
  readonly fromVoice: readonly RingMemory[]
  /** One ring per voice worker, in the order of the above, and that worker's bell. */
  readonly toVoice: readonly { readonly ring: RingMemory, readonly bell: SharedArrayBuffer }[]
  readonly files: StreamingPaths
}

export interface InferenceStart {
  readonly config: Config
  readonly models: ModelPaths
  readonly arenas: readonly ArenaMemory[]
}

/** Messages on a `control` port, worker → gateway. */
export type WorkerNews =
  | { readonly kind: 'ready', readonly nice: number, readonly threadId: number, readonly facts: Readonly<Record<string, string | number>> }
  /** It cannot serve, and waits to be stopped. */
  | { readonly kind: 'failed', readonly error: ErrorRecord }
  | { readonly kind: 'log', readonly level: 'debug' | 'info' | 'warn' | 'error', readonly message: string, readonly fields: Readonly<Record<string, unknown>> }

/** Samples in an arena; whoever asks for work on them holds the pages until it is answered. */
export interface ArenaSpeech {
  /** Index of the voice worker whose arena holds the pages. */
  readonly arena: number
  readonly pages: readonly number[]
  readonly samples: number
}

export interface RecogniseJob extends ArenaSpeech { readonly kind: 'recognise' }

/** Speech becomes an Ogg Opus file. */
export interface CompressJob extends ArenaSpeech { readonly kind: 'compress' }

export interface SpeechJob {
  readonly kind: 'speech'
  readonly engine: 'flite' | 'espeak'
  readonly text: string
  readonly language: string
}

/** Loads the models and runs each once; the answer is the thread's niceness as read back. */
export interface WarmJob { readonly kind: 'warm' }

/** Packets of another frame length become packets of the configured one. */
export interface TranscodeJob { readonly kind: 'transcode', readonly packets: readonly Uint8Array[] }

export type InferenceJob = RecogniseJob | CompressJob | SpeechJob | WarmJob | TranscodeJob

export type InferenceResult =
  | { readonly kind: 'text', readonly text: string, readonly times: WorkTimes }
  | { readonly kind: 'pcm', readonly samples: Int16Array<ArrayBuffer>, readonly sampleRateHz: number, readonly times: WorkTimes }
  | { readonly kind: 'warm', readonly nice: number }
  | { readonly kind: 'packets', readonly packets: readonly Uint8Array[] }
  | { readonly kind: 'file', readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'error', readonly error: ErrorRecord }

/** On a dialogue worker's `jobs` port. */
export interface JobRequest { readonly id: number, readonly job: SpeechJob }
export interface JobCancel { readonly id: number, readonly job: undefined }
export interface JobAnswer { readonly id: number, readonly result: InferenceResult }

/** What a service shall recognise: samples, or an Ogg Opus file made of them. */
export type RemoteSpeech =
  | ArenaSpeech & { readonly kind: 'samples' }
  | { readonly kind: 'file', readonly bytes: Uint8Array<ArrayBuffer> }

/** On a dialogue worker's `recognition` port. Each request is answered once, cancelled or not. */
export interface RecognitionRequest { readonly id: number, readonly speech: RemoteSpeech, readonly language: string }
export interface RecognitionCancel { readonly id: number, readonly speech: undefined }
export interface RecognitionAnswer {
  readonly id: number
  readonly result:
    | { readonly kind: 'text', readonly text: string, readonly times: WorkTimes }
    | { readonly kind: 'error', readonly error: ErrorRecord }
}

/** On a dialogue worker's `tools` port. Messages of devices are longer than a record. */
export type ToolNews =
  | { readonly kind: 'open', readonly conversation: number, readonly mcp: McpStart | undefined }
  | { readonly kind: 'text', readonly conversation: number, readonly text: string }
  | { readonly kind: 'close', readonly conversation: number }

/** The device has MCP; photos go to `vision`, where it is given. */
export interface McpStart { readonly vision: { readonly url: string, readonly token: string } | undefined }

/** On the same port: a text for the device, or the name of a tool for its screen. */
export type ToolOrder =
  | { readonly kind: 'send', readonly conversation: number, readonly text: string }
  | { readonly kind: 'show', readonly conversation: number, readonly name: string }
