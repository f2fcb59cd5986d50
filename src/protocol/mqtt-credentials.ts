import { createHmac, timingSafeEqual } from 'node:crypto'

/** Where a device publishes; what it says counts, not where. */
export const PUBLISH_TOPIC = 'device-server'
/** The broker pushes to this address of a device, which never subscribes. */
const DEVICE_TOPIC_PREFIX = 'devices/p2p/'
/** What stands in `username`, as Python writes it: other servers compare the text. */
const UNKNOWN_USER = Buffer.from('{"ip": "unknown"}').toString('base64')

const SEPARATOR = '@@@'

/** Who a client id names. */
export interface MqttIdentity {
  readonly group: string
  /** MAC address, lower case, with colons. */
  readonly deviceId: string
  /** Empty where the client id has two parts. */
  readonly clientId: string
}

/** @returns undefined unless it is `group@@@aa_bb_cc_dd_ee_ff`, with or without `@@@uuid` */
export function parseMqttClientId (mqttClientId: string): MqttIdentity | undefined {
  const [group = '', mac = '', clientId = '', ...rest] = mqttClientId.split(SEPARATOR)
  const deviceId = parseTopicMac(mac)
  return deviceId === undefined || rest.length > 0 || clientId.length > 128 ? undefined : { group, deviceId, clientId }
}

/** @param mac with underscores (or colons, or hyphens) */
export function parseTopicMac (mac: string): string | undefined {
  const isMac = /^[0-9a-f]{2}([_:-][0-9a-f]{2}){5}$/i.test(mac)
  return isMac ? mac.toLowerCase().replace(/[_-]/g, ':') : undefined
}

export function deviceTopic (deviceId: string): string { return `${DEVICE_TOPIC_PREFIX}${deviceId.replaceAll(':', '_')}` }

/** base64 of HMAC-SHA256 over `client id|username`, as the replaced server family makes it. */
export function signMqttPassword (key: string, mqttClientId: string, username: string): string {
  return passwordHash(key, mqttClientId, username).toString('base64')
}

/** Compares in constant time; without a key nothing is valid. */
export function verifyMqttPassword (key: string, mqttClientId: string, username: string, password: string): boolean {
  if (key === '' || !/^[A-Za-z0-9+/]{43}=$/.test(password)) return false
  return timingSafeEqual(Buffer.from(password, 'base64'), passwordHash(key, mqttClientId, username))
}

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
  /** `host:port`; devices use TLS if the port is 8883 and only then. */
  readonly endpoint: string
  /** Signs the password; empty: the token is one, if there is any. */
  readonly signatureKey: string
  readonly deviceId: string
  readonly board: string
  /** That of WebSocket, and whose it is: for a broker that knows tokens. */
  readonly token?: { readonly clientId: string, readonly token: string } | undefined
}

/**
 * The `mqtt` block of a registration: a device that is given one uses MQTT and UDP. With a key it
 * is, to the byte, that of the replaced server, so that a gateway of that family takes it.
 */
export function mqttSettings ({ endpoint, signatureKey, deviceId, board, token }: MqttAccount): MqttSettings {
  const mac = deviceId.replaceAll(':', '_')
  const owner = signatureKey === '' && token !== undefined ? token : { clientId: mac, token: '' }
  const clientId = ['GID_' + board.replaceAll(/[: ]/g, '_'), mac, owner.clientId].join(SEPARATOR)
  return {
    endpoint,
    client_id: clientId,
    username: UNKNOWN_USER,
    password: signatureKey === '' ? owner.token : signMqttPassword(signatureKey, clientId, UNKNOWN_USER),
    publish_topic: PUBLISH_TOPIC,
    subscribe_topic: deviceTopic(deviceId)
  }
}

function passwordHash (key: string, mqttClientId: string, username: string): Buffer {
  return createHmac('sha256', key).update(`${mqttClientId}|${username}`).digest()
}
