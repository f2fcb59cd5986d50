/** Files of a recogniser that hears whole utterances. */
export type RecogniserPaths =
  | { readonly kind: 'moonshine', readonly encoder: string, readonly decoder: string, readonly tokens: string }
  | { readonly kind: 'sense-voice', readonly model: string, readonly tokens: string }
  | WhisperPaths

export interface WhisperPaths {
  readonly kind: 'whisper'
  readonly encoder: string
  readonly decoder: string
  readonly tokens: string
  /** As whisper names it; empty: it finds out. One that it does not know ends the process. */
  readonly language: string
}

/** Files of a recogniser that listens along. */
export type StreamingPaths =
  | { readonly kind: 'transducer', readonly encoder: string, readonly decoder: string, readonly joiner: string, readonly tokens: string }
  | { readonly kind: 'paraformer', readonly encoder: string, readonly decoder: string, readonly tokens: string }
  | { readonly kind: CtcKind, readonly model: string, readonly tokens: string }

export type CtcKind = 'zipformer2-ctc' | 'nemo-ctc'
export type StreamingKind = StreamingPaths['kind']
