// hot path
//
// Binary message of a device, by the version of its hello, or of an MQTT gateway that brings it
// here; numbers are big-endian:
//
//   1 (and all others)   Opus packet
//   2         version u16 | type u16 | reserved u32 | timestamp u32 | size u32 | packet
//   3         type u8 | reserved u8 | size u16 | packet
//   gateway   type u8 | 0 u8 | size u16 | sequence u32 | timestamp u32 | size u32 | packet
//
// The gateway fills in the timestamp and the last size alone.

export type FrameDialect = 1 | 2 | 3 | 'gateway'

const HEADER_BYTES = { 1: 0, 2: 16, 3: 4, gateway: 16 } as const
/** What the gateway calls a packet of audio. */
const GATEWAY_AUDIO = 1

/** @param version of the hello; a gateway frames in its own way whatever that says */
export function dialectOf (version: number | undefined, isBehindGateway = false): FrameDialect {
  if (isBehindGateway) return 'gateway'
  return version === 2 || version === 3 ? version : 1
}

/**
 * Where the packet of a message begins. A gateway's sizes do not count, and what is too short for
 * its header is a bare packet: so the server has it that these gateways were made for.
 * @returns the offset, or -1 when the message is shorter than its header says
 */
export function packetOffset (dialect: FrameDialect, message: Uint8Array): number {
  const header = HEADER_BYTES[dialect]
  if (dialect === 1) return 0
  if (dialect === 'gateway') return message.length < header ? 0 : header
  if (message.length < header) return -1
  const size = dialect === 2
    ? message[12]! * 0x1000000 + (message[13]! << 16) + (message[14]! << 8) + message[15]!
    : (message[2]! << 8) + message[3]!
  return size === message.length - header ? header : -1
}

/** Puts packets into messages; the device trusts the sizes and reads past the end if they lie. */
export class FrameWriter {
  readonly dialect: FrameDialect
  #buffer = Buffer.alloc(2048)
  #sequence = 0

  constructor (dialect: FrameDialect) {
    this.dialect = dialect
  }

  /** A gateway's sequence counts the packets of a turn. */
  beginTurn (): void { this.#sequence = 0 }

  /** @returns the message; valid until the next call */
  write (packet: Uint8Array, timestampMs: number): Uint8Array {
    const header = HEADER_BYTES[this.dialect]
    if (header === 0) return packet
    const length = header + packet.length
    if (this.#buffer.length < length) this.#buffer = Buffer.alloc(length * 2)
    this.#buffer.fill(0, 0, header)
    if (this.dialect === 2) this.#buffer.writeUInt16BE(2, 0)
    else this.#buffer.writeUInt16BE(packet.length, 2)
    if (this.dialect === 'gateway') {
      this.#buffer[0] = GATEWAY_AUDIO
      this.#buffer.writeUInt32BE(this.#sequence++, 4)
    }
    if (header === HEADER_BYTES[2]) {
      this.#buffer.writeUInt32BE(timestampMs >>> 0, 8)
      this.#buffer.writeUInt32BE(packet.length, 12)
    }
    this.#buffer.set(packet, header)
    return this.#buffer.subarray(0, length)
  }
}
