import type { MessagePort } from 'node:worker_threads'
import type { Config } from '../core/config-schema.js'

/** What a voice worker needs to have sessions recorded. */
export interface RecordingLink {
  /** `RecordingOrder`s go here, from the worker to the thread that writes. */
  readonly port: MessagePort
  /** [0] bytes that were written or given up of what went through this port, modulo 2^32. */
  readonly settledBytes: SharedArrayBuffer
}

/** The bytes of one recording, in order; an id is the voice worker's own. */
export type RecordingOrder =
  | { readonly kind: 'begin', readonly id: number, readonly slot: number }
  | { readonly kind: 'bytes', readonly id: number, readonly bytes: Uint8Array }
  | { readonly kind: 'end', readonly id: number }

export interface RecordingStart {
  readonly config: Config
  /** Ready and log messages go up here, and the order to stop comes down. */
  readonly control: MessagePort
  readonly links: readonly RecordingLink[]
}
