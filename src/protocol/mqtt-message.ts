/** What is to be known of a message before a session sees it. */
export interface MqttMessage {
  readonly type: string
  /** Undefined where there is none or it is no text. */
  readonly sessionId: string | undefined
  readonly transport: string | undefined
}

/**
 * Reads the envelope of a device's message. Firmware does not escape what it puts into a message;
 * of one that is not JSON the members are searched for. @returns undefined if there is no type
 */
export function readMqttMessage (raw: string): MqttMessage | undefined {
  const value = parseObject(raw)
  const find = (name: string): string | undefined => {
    const member = value === undefined ? new RegExp(`"${name}":"([^"]*)"`).exec(raw)?.[1] : value[name]
    return typeof member === 'string' ? member : undefined
  }
  const type = find('type')
  return type === undefined ? undefined : { type, sessionId: find('session_id') || undefined, transport: find('transport') }
}

export interface UdpAddress { readonly server: string, readonly port: number, readonly key: Uint8Array, readonly nonce: Uint8Array }

/** A session's hello, for a device that talks over UDP; undefined if the message is no hello. */
export function udpHello (hello: string, udp: UdpAddress): { readonly sessionId: string, readonly text: string } | undefined {
  const value = parseObject(hello)
  if (value?.['type'] !== 'hello' || typeof value['session_id'] !== 'string') return undefined
  const { server, port, key, nonce } = udp
  const text = JSON.stringify({
    ...value,
    version: 3,
    transport: 'udp',
    udp: { server, port, key: Buffer.from(key).toString('hex'), nonce: Buffer.from(nonce).toString('hex') }
  })
  return { sessionId: value['session_id'], text }
}

/** Firmware since 2.3 ignores one without the id of its session as a text. */
export function goodbyeMessage (sessionId: string): string {
  return JSON.stringify({ type: 'goodbye', session_id: sessionId })
}

function parseObject (raw: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(raw)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}
