// hot path
//
// Binary message of a device, by the version of its hello:
//
//   1 (and all others)   Opus packet
//   2   version u16 | type u16 | reserved u32 | timestamp u32 | size u32 | packet   (big-endian)
//   3   type u8 | reserved u8 | size u16 | packet                                   (big-endian)

export type FrameVersion = 1 | 2 | 3

const HEADER_BYTES = { 1: 0, 2: 16, 3: 4 } as const

export function frameVersionOf (version: number | undefined): FrameVersion {
  return version === 2 || version === 3 ? version : 1
}

/**
 * Where the packet of a message begins.
 * @returns the offset, or -1 when the message is shorter than its header says
 */
export function packetOffset (version: FrameVersion, message: Uint8Array): number {
  const header = HEADER_BYTES[version]
  if (message.length < header) return -1
  if (version === 1) return 0
  const size = version === 2
    ? message[12]! * 0x1000000 + (message[13]! << 16) + (message[14]! << 8) + message[15]!
    : (message[2]! << 8) + message[3]!
  return size === message.length - header ? header : -1
}

/** Puts packets into messages; the device trusts the sizes and reads past the end if they lie. */
export class FrameWriter {
  readonly version: FrameVersion
  #buffer = Buffer.alloc(2048)

  constructor (version: FrameVersion) {
    this.version = version
  }

  /** @returns the message; valid until the next call */
  write (packet: Uint8Array, timestampMs: number): Uint8Array {
    const header = HEADER_BYTES[this.version]
    if (header === 0) return packet
    const length = header + packet.length
    if (this.#buffer.length < length) this.#buffer = Buffer.alloc(length * 2)
    this.#buffer.fill(0, 0, header)
    if (this.version === 2) {
      this.#buffer.writeUInt16BE(2, 0)
      this.#buffer.writeUInt32BE(timestampMs >>> 0, 8)
      this.#buffer.writeUInt32BE(packet.length, 12)
    } else {
      this.#buffer.writeUInt16BE(packet.length, 2)
    }
    this.#buffer.set(packet, header)
    return this.#buffer.subarray(0, length)
  }
}
