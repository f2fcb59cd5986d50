// Packets of MQTT 3.1.1, written by hand: a client library would send no wrong ones.

export interface ConnectFacts {
  readonly clientId: string
  readonly username?: string
  readonly password?: string
  readonly keepAliveS?: number
  readonly will?: { readonly topic: string, readonly payload: string }
}

const USERNAME = 0x80
const PASSWORD = 0x40
const WILL = 0x04
const CLEAN = 0x02

export function connectPacket ({ clientId, username, password, keepAliveS = 240, will }: ConnectFacts): Buffer {
  const flags = CLEAN | (username === undefined ? 0 : USERNAME) | (password === undefined ? 0 : PASSWORD) | (will === undefined ? 0 : WILL)
  const fields = [clientId, will?.topic, will?.payload, username, password].filter(field => field !== undefined)
  const body = Buffer.concat([text('MQTT'), Buffer.of(4, flags, keepAliveS >> 8, keepAliveS & 255), ...fields.map(text)])
  return packet(0x10, body)
}

export function publishPacket (topic: string, payload: Uint8Array, { qos = 0, retain = false, id = 1 } = {}): Buffer {
  const number = qos === 0 ? Buffer.alloc(0) : Buffer.of(id >> 8, id & 255)
  return packet(0x30 | qos << 1 | Number(retain), Buffer.concat([text(topic), number, payload]))
}

export function subscribePacket (topics: readonly string[], id = 1): Buffer {
  return packet(0x82, Buffer.concat([Buffer.of(id >> 8, id & 255), ...topics.map(topic => Buffer.concat([text(topic), Buffer.of(0)]))]))
}

export function unsubscribePacket (topics: readonly string[], id = 2): Buffer {
  return packet(0xa2, Buffer.concat([Buffer.of(id >> 8, id & 255), ...topics.map(text)]))
}

export const pingPacket = Buffer.of(0xc0, 0)
export const disconnectPacket = Buffer.of(0xe0, 0)

/** @param length what the header says, if not the truth */
export function packet (control: number, body: Uint8Array, length = body.length): Buffer {
  const header = [control]
  let rest = length
  do {
    header.push(rest % 128 | (rest >= 128 ? 128 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Buffer.concat([Buffer.from(header), body])
}

function text (value: string): Buffer {
  const bytes = Buffer.from(value).subarray(0, 0xffff)
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes])
}
