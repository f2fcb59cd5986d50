import { createHmac } from 'node:crypto'

/** What a device is told of its broker. The keys are those of the wire. */
export interface MqttSettings {
  readonly endpoint: string
  readonly client_id: string
  readonly username: string
  readonly password: string
  readonly publish_topic: string
  readonly subscribe_topic: string
}

export interface MqttAccount {
  /** `host:port` */
  readonly endpoint: string
  /** Empty: the device has no password. */
  readonly signatureKey: string
  readonly deviceId: string
  readonly board: string
}

// As Python writes it: other servers compare the text.
const USERNAME = Buffer.from('{"ip": "unknown"}').toString('base64')

/** The `mqtt` block of a registration, as the replaced server and its MQTT gateway make it. */
export function mqttSettings ({ endpoint, signatureKey, deviceId, board }: MqttAccount): MqttSettings {
  const device = deviceId.replaceAll(':', '_')
  const clientId = `GID_${board.replaceAll(/[: ]/g, '_')}@@@${device}@@@${device}`
  return {
    endpoint,
    client_id: clientId,
    username: USERNAME,
    password: signatureKey === '' ? '' : mqttPassword(signatureKey, clientId, USERNAME),
    publish_topic: 'device-server',
    subscribe_topic: `devices/p2p/${device}`
  }
}

export function mqttPassword (signatureKey: string, clientId: string, username: string): string {
  return createHmac('sha256', signatureKey).update(`${clientId}|${username}`).digest('base64')
}
