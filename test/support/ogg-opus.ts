import assert from 'node:assert/strict'
import type { OpusLibrary } from '../../native-bindings/opus.js'

export interface OggPage {
  readonly kind: number
  readonly granule: number
  readonly serial: number
  readonly sequence: number
  readonly packets: readonly Buffer[]
}

/** Reads pages that hold whole packets, and compares the checksum of each. */
export function readOggPages (bytes: Uint8Array): OggPage[] {
  const file = Buffer.from(bytes)
  const pages: OggPage[] = []
  for (let at = 0; at < file.length;) {
    assert.equal(file.toString('latin1', at, at + 4), 'OggS', `no page at ${at}`)
    const lacings = [...file.subarray(at + 27, at + 27 + file[at + 26]!)]
    let from = at + 27 + lacings.length
    const end = from + lacings.reduce((sum, lacing) => sum + lacing, 0)
    const page = Buffer.from(file.subarray(at, end))
    page.writeUInt32LE(0, 22)
    assert.equal(file.readUInt32LE(at + 22), slowCrc(page), `checksum of the page at ${at}`)
    const packets: Buffer[] = []
    let length = 0
    for (const lacing of lacings) {
      length += lacing
      if (lacing === 255) continue
      packets.push(file.subarray(from, from += length))
      length = 0
    }
    assert.equal(length, 0, 'a packet goes on in the next page')
    const granule = Number(file.readBigInt64LE(at + 6))
    pages.push({ kind: file[at + 5]!, granule, serial: file.readUInt32LE(at + 14), sequence: file.readUInt32LE(at + 18), packets })
    at = end
  }
  return pages
}

/** The samples that are meant, at 16 kHz: without what is to be skipped and what pads the end. */
export function decodeOggOpus (bytes: Uint8Array, opus: OpusLibrary): Int16Array {
  const [head, , ...pages] = readOggPages(bytes)
  const preSkip = head!.packets[0]!.readUInt16LE(10)
  const decoder = opus.createDecoder(16_000)
  const out = new Int16Array(16 * 120)
  const packets = pages.flatMap(page => page.packets)
  const samples = packets.flatMap(packet => [...out.subarray(0, decoder.decode(packet, packet.length, out))])
  return Int16Array.from(samples.slice(preSkip / 3, pages.at(-1)!.granule / 3))
}

// RFC 3533: polynomial 0x04c11db7, bit by bit.
function slowCrc (bytes: Uint8Array): number {
  let crc = 0n
  for (const byte of bytes) {
    crc ^= BigInt(byte) << 24n
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x80000000n) === 0n ? crc << 1n : (crc << 1n ^ 0x04c11db7n) & 0xffffffffn
  }
  return Number(crc)
}
