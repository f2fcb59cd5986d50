import { createHmac, timingSafeEqual } from 'node:crypto'

/** Where a device publishes; what it says counts, not where. */
export const PUBLISH_TOPIC = 'device-server'
/** The broker pushes to this address of a device, which never subscribes. */
const DEVICE_TOPIC_PREFIX = 'devices/p2p/'
/** Also what stands in `username` when nothing is known of the device. */
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

export interface MqttBlockOptions {
  /** `host:port`; devices use TLS if the port is 8883 and only then. */
  readonly endpoint: string
  readonly model: string
  readonly deviceId: string
  readonly clientId: string
  readonly signatureKey: string
}

/**
 * The `mqtt` block of an OTA answer: a device that is given one uses MQTT and UDP. No key is longer
 * than 15 characters, or the device would crash.
 */
export function mqttBlock ({ endpoint, model, deviceId, clientId, signatureKey }: MqttBlockOptions): Readonly<Record<string, string>> {
  const mac = deviceId.replaceAll(':', '_')
  const mqttClientId = `GID_${model.replace(/[: ]/g, '_')}${SEPARATOR}${mac}${SEPARATOR}${clientId || mac}`
  return {
    endpoint,
    client_id: mqttClientId,
    username: UNKNOWN_USER,
    password: signatureKey === '' ? '' : signMqttPassword(signatureKey, mqttClientId, UNKNOWN_USER),
    publish_topic: PUBLISH_TOPIC,
    subscribe_topic: deviceTopic(deviceId)
  }
}

function passwordHash (key: string, mqttClientId: string, username: string): Buffer {
  return createHmac('sha256', key).update(`${mqttClientId}|${username}`).digest()
}
