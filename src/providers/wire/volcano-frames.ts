import { gunzipSync } from 'node:zlib'

/*
 * Volcano's binary messages; all numbers are big-endian.
 *
 *   byte 0      version (1), size of the header in words of 4 bytes (1)
 *   byte 1      kind of message, flags
 *   byte 2      serialization (0 none, 1 JSON), compression (0 none, 1 gzip)
 *   byte 3      reserved
 *   int32       sequence, with flag 1 or 3
 *   int32       event, with flag 4; after it a length and an id: of the connection for the events
 *               50 to 52, of the session for those from 100; the client sends 1 and 2 without any
 *   uint32      code, in messages of kind 15 (error)
 *   uint32      length, then so many bytes of payload
 */

export const CLIENT_REQUEST = 1
export const CLIENT_AUDIO = 2
export const SERVER_RESPONSE = 9
export const SERVER_AUDIO = 11
export const SERVER_ERROR = 15

const FLAG_SEQUENCE = 1
const FLAG_EVENT = 4
const JSON_SERIALIZATION = 1
const GZIP = 1
const HEADER_BYTES = 4
const FIRST_CONNECTION_EVENT_WITH_ID = 50
/** Nothing that a vendor says in one message is larger, unpacked. */
const MOST_PAYLOAD_BYTES = 16_777_216

export interface VolcanoFrame {
  readonly kind: number
  readonly event?: number
  /** Of the session, or of the connection. */
  readonly id?: string
  readonly sequence?: number
  /** Of an error. */
  readonly code?: number
  readonly payload: Buffer
}

/** A request of the client that carries JSON and belongs to an event. */
export function volcanoEvent (event: number, id: string | undefined, payload: object): Buffer {
  const json = Buffer.from(JSON.stringify(payload))
  const idBytes = id === undefined ? Buffer.alloc(0) : withLength(Buffer.from(id))
  const head = Buffer.from([0x11, CLIENT_REQUEST << 4 | FLAG_EVENT, JSON_SERIALIZATION << 4, 0, 0, 0, 0, 0])
  head.writeInt32BE(event, HEADER_BYTES)
  return Buffer.concat([head, idBytes, withLength(json)])
}

/** @throws Error where it is none of these messages */
export function parseVolcanoFrame (bytes: Buffer): VolcanoFrame {
  const reader = new Reader(bytes)
  const headerBytes = (reader.byteAt(0) & 15) * 4
  if (reader.byteAt(0) >> 4 !== 1 || headerBytes < HEADER_BYTES) throw new Error('a message of another version')
  const kind = reader.byteAt(1) >> 4
  const flags = reader.byteAt(1) & 15
  const isPacked = (reader.byteAt(2) & 15) === GZIP
  reader.skip(headerBytes)
  const code = kind === SERVER_ERROR ? { code: reader.uint32() } : {}
  const sequence = (flags & FLAG_SEQUENCE) !== 0 ? { sequence: reader.int32() } : {}
  const event = (flags & FLAG_EVENT) !== 0 ? readEvent(reader) : {}
  const payload = reader.bytes(reader.uint32())
  const unpacked = isPacked ? gunzipSync(payload, { maxOutputLength: MOST_PAYLOAD_BYTES }) : payload
  return { kind, ...code, ...sequence, ...event, payload: unpacked }
}

function readEvent (reader: Reader): { readonly event: number, readonly id?: string } {
  const event = reader.int32()
  return event < FIRST_CONNECTION_EVENT_WITH_ID ? { event } : { event, id: reader.bytes(reader.uint32()).toString() }
}

function withLength (bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** Reads on, and complains at the end of the message. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor (bytes: Buffer) {
    this.#bytes = bytes
  }

  byteAt (index: number): number {
    const byte = this.#bytes[index]
    if (byte === undefined) throw new Error('a message that is too short')
    return byte
  }

  skip (count: number): void { this.bytes(count) }
  int32 (): number { return this.bytes(4).readInt32BE(0) }
  uint32 (): number { return this.bytes(4).readUInt32BE(0) }

  bytes (count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new Error('a message that is too short')
    return this.#bytes.subarray(this.#at, this.#at += count)
  }
}
