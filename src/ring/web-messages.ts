import type { MessagePort } from 'node:worker_threads'
import type { Config } from '../core/config-schema.js'
import type { Order, Receipt } from '../core/orders.js'

/** What the web worker is told at its start. */
export interface WebStart {
  readonly config: Config
  /** Ready and log messages go up here. */
  readonly control: MessagePort
  /** Carries `FromWeb` and `ToWeb`. */
  readonly gateway: MessagePort
  /** Of the store, as this thread asks it. */
  readonly store: MessagePort
  /** Port of the WebSocket listener, which may have been chosen freely. */
  readonly gatewayPort: number
  /** Of the built-in broker; 0 where there is none. */
  readonly mqttPort: number
  /** What tokens are signed with where a device has no key of its own. */
  readonly serverKey: string
}

/** Web worker → gateway. */
export type FromWeb =
  | { readonly kind: 'order', readonly id: number, readonly deviceId: string, readonly order: Order }
  | { readonly kind: 'health', readonly id: number }
  /** A device told its language: `Accept-Language` or a locale. */
  | { readonly kind: 'language', readonly deviceId: string, readonly tag: string }

/** Gateway → web worker. */
export type ToWeb =
  | { readonly kind: 'receipt', readonly id: number, readonly receipt: Receipt }
  | { readonly kind: 'health', readonly id: number, readonly health: Readonly<Record<string, unknown>> }
  | { readonly kind: 'stop' }
