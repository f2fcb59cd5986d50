import type { MessagePort } from 'node:worker_threads'
import type { Config } from '../core/config-schema.js'
import type { StoreApi } from '../core/device-directory.js'
import type { ErrorRecord } from '../core/errors.js'

/** What the store worker is told at its start. */
export interface StoreStart {
  readonly config: Config
  /** Ready, failed and log messages go up here; orders come down. */
  readonly control: MessagePort
}

/** Messages on the store's `control` port, gateway → worker. */
export type StoreOrder =
  | { readonly kind: 'serve', readonly port: MessagePort }
  | { readonly kind: 'stop' }

export type StoreMethod = keyof StoreApi

/** On the port of one who asks; each request is answered once, in any order. */
export interface StoreRequest { readonly id: number, readonly method: StoreMethod, readonly args: readonly unknown[] }

export type StoreAnswer =
  | { readonly id: number, readonly error?: undefined, readonly value: unknown }
  | { readonly id: number, readonly error: ErrorRecord }
