import type { MessagePort } from 'node:worker_threads'
import type { Config } from '../core/config-schema.js'
import type { DeviceFacts } from '../core/device-directory.js'
import type { RingMemory } from './byte-ring.js'

/** Who asks to be let in. */
export interface MqttCaller {
  readonly mqttClientId: string
  readonly deviceId: string
  readonly clientId: string
  readonly username: string
  readonly password: string
  readonly address: string
}

/** A device at the broker that opens an audio session. */
export interface Arrival {
  readonly deviceId: string
  readonly clientId: string
  readonly address: string
  readonly facts: DeviceFacts | undefined
}

/** An audio session of a device. A number is used again, with another generation. */
export interface ChannelName { readonly channel: number, readonly generation: number }

/** MQTT worker → gateway. */
export type MqttNews =
  | { readonly kind: 'authenticate', readonly id: number, readonly caller: MqttCaller }
  /** It is at the broker; `facts` came with the verdict, and are undefined where there was none. */
  | { readonly kind: 'joined', readonly deviceId: string, readonly facts: DeviceFacts | undefined }
  | { readonly kind: 'left', readonly deviceId: string }
  | ChannelName & { readonly kind: 'open', readonly hello: string } & Arrival
  | ChannelName & { readonly kind: 'text', readonly text: string }
  | ChannelName & { readonly kind: 'closed' }

/** Gateway → MQTT worker. */
export type MqttOrder =
  /** Without facts it is refused. */
  | { readonly kind: 'verdict', readonly id: number, readonly facts: DeviceFacts | undefined }
  /** Something to a device, whether it has a session or not. */
  | { readonly kind: 'tell', readonly deviceId: string, readonly text: string }
  /** Ends its session, and its connection to the broker. */
  | { readonly kind: 'disconnect', readonly deviceId: string }
  | ChannelName & { readonly kind: 'text', readonly text: string }
  | ChannelName & { readonly kind: 'close' }
  | { readonly kind: 'stop' }

/**
 * Audio goes through the rings as UPLINK_FRAME and DOWNLINK_FRAME, whose `slot` and `generation`
 * are those of the channel. The payload is a packet in the framing of MQTT gateways, and
 * `sequence` of the uplink says how many packets are missing before this one.
 */
export interface MqttStart {
  readonly config: Config
  readonly control: MessagePort
  readonly stopFlag: SharedArrayBuffer
  readonly toGateway: RingMemory
  readonly gatewayBell: SharedArrayBuffer
  readonly gatewayBellPort: MessagePort
  readonly fromGateway: RingMemory
  readonly bell: SharedArrayBuffer
  readonly bellPort: MessagePort
  /** News up, orders down. */
  readonly channels: MessagePort
  readonly counters: SharedArrayBuffer
}
