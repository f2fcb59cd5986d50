import type { DeviceFacts } from '../core/device-directory.js'
import type { MqttCaller } from '../ring/mqtt-messages.js'
import type { MqttCounter } from '../ring/mqtt-counters.js'
import type { MqttDevice } from './device-desk.js'

/** What a broker does for its owner. */
export interface BrokerEvents {
  onJoined (device: MqttDevice): void
  onMessage (device: MqttDevice, text: string): void
  onLeft (device: MqttDevice): void
  /** What is known of one that may come in, else undefined. Asked before anything else happens. */
  authenticate (caller: MqttCaller): Promise<DeviceFacts | undefined>
  count (name: MqttCounter, by?: number): void
  log (level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>): void
}

/** Whatever brings the messages of devices: a broker of our own, or another one. */
export interface Broker {
  /** TCP port; 0 where another broker listens. */
  readonly port: number
  /** What was published before still leaves. */
  close (): Promise<void>
}
