import { createCipheriv } from 'node:crypto'
import type { DownlinkFrame } from './frame-codec.js'

const HEADER_BYTES = 16
const AUDIO = 1

export interface UdpSecrets { readonly key: Buffer, readonly nonce: Buffer }

/** How many datagrams were taken, and why others were not. */
export interface UdpFigures {
  received: number
  malformed: number
  old: number
  missing: number
}

/** The datagrams of one session, as the firmware makes and reads them. */
export class UdpCodec {
  readonly figures: UdpFigures = { received: 0, malformed: 0, old: 0, missing: 0 }
  readonly #secrets: UdpSecrets
  #sent = 0
  #received = 0

  constructor (secrets: UdpSecrets) {
    this.#secrets = secrets
  }

  seal (packet: Buffer, timestamp: number): Buffer {
    const header = Buffer.from(this.#secrets.nonce)
    header.writeUInt16BE(packet.length, 2)
    header.writeUInt32BE(timestamp >>> 0, 8)
    header.writeUInt32BE(++this.#sent, 12)
    return Buffer.concat([header, this.#crypt(header, packet)])
  }

  /** Checks as firmware since 2.4 does; nothing is put back in order. */
  open (datagram: Buffer): DownlinkFrame | undefined {
    const isWhole = datagram.length >= HEADER_BYTES && datagram[0] === AUDIO && datagram.length === HEADER_BYTES + datagram.readUInt16BE(2)
    if (!isWhole) { this.figures.malformed++; return undefined }
    const sequence = datagram.readUInt32BE(12)
    if (sequence <= this.#received) { this.figures.old++; return undefined }
    this.figures.missing += sequence - this.#received - 1
    this.figures.received++
    this.#received = sequence
    const header = datagram.subarray(0, HEADER_BYTES)
    return { payload: this.#crypt(header, datagram.subarray(HEADER_BYTES)), timestamp: header.readUInt32BE(8) }
  }

  #crypt (header: Buffer, payload: Buffer): Buffer {
    return createCipheriv('aes-128-ctr', this.#secrets.key, header).update(payload)
  }
}

/** The secrets of a hello; undefined where firmware would ignore it. */
export function readSecrets (key: unknown, nonce: unknown): UdpSecrets | undefined {
  const isHex = (text: unknown): text is string => typeof text === 'string' && /^[0-9a-f]{32}$/i.test(text)
  return isHex(key) && isHex(nonce) ? { key: Buffer.from(key, 'hex'), nonce: Buffer.from(nonce, 'hex') } : undefined
}
