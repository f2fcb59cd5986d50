import { opusPacketMs } from '../../native-bindings/opus-packet.js'

// One page of an Ogg stream (RFC 3533, all numbers little-endian):
//
//   0        4       5      6                14       18         22    26       27
//   +--------+-------+------+----------------+--------+----------+-----+--------+---------+------+
//   | "OggS" | 0     | kind | granule        | serial | sequence | CRC | lacing | lacings | body |
//   |        |       |      | position (i64) |        |          |     | count  |         |      |
//   +--------+-------+------+----------------+--------+----------+-----+--------+---------+------+
//
// The lacing values of a packet are its length as 255 + 255 + … + rest; a rest below 255 ends it.

const PAGE_HEADER_BYTES = 27
const MAX_LACINGS = 255
/** RFC 7845, 3: whoever reads may start at any page, so none should hold much more. */
const MAX_PAGE_MS = 1000
const BEGINS = 2
const ENDS = 4
/** Opus counts samples at this rate, whatever it was given. */
const GRANULE_RATE_HZ = 48_000
const MAPPING_MONO_OR_STEREO = 0

export interface OggOpusStream {
  readonly packets: readonly Uint8Array[]
  /** Samples at 48 kHz that the decoder puts out before the first one that is meant. */
  readonly preSkip: number
  /** Samples at 48 kHz that are meant; the packets hold at least these and the ones to skip. */
  readonly samples: number
  /** Of what was encoded; a note for whoever plays it. */
  readonly inputRateHz: number
  /** Tells streams in one file apart; any number. */
  readonly serial: number
  /** Most that one page holds, unless a single packet is longer. */
  readonly pageMs?: number
}

/** A complete Ogg Opus file of one channel (RFC 7845). */
export function formatOggOpus (stream: OggOpusStream): Uint8Array<ArrayBuffer> {
  const pages = formatOggOpusPages(stream)
  const file = new Uint8Array(pages.reduce((sum, page) => sum + page.length, 0))
  pages.reduce((at, page) => { file.set(page, at); return at + page.length }, 0)
  return file
}

/** The same page by page: two of headers, then those with sound. */
export function formatOggOpusPages (stream: OggOpusStream): Buffer[] {
  const { packets, preSkip, samples, serial, pageMs = MAX_PAGE_MS } = stream
  const pages = [formatPage(BEGINS, 0, serial, 0, [opusHead(stream)]), formatPage(0, 0, serial, 1, [opusTags()])]
  let granule = 0
  for (let at = 0; at < packets.length;) {
    const count = packetsOfPage(packets, at, pageMs)
    const body = packets.slice(at, at + count)
    at += count
    for (const packet of body) granule += opusPacketMs(packet, packet.length) * GRANULE_RATE_HZ / 1000
    const isLast = at === packets.length
    // The last position says how much of the last packet is padding (RFC 7845, 4.4).
    pages.push(formatPage(isLast ? ENDS : 0, isLast ? preSkip + samples : granule, serial, pages.length, body))
  }
  return pages
}

function packetsOfPage (packets: readonly Uint8Array[], from: number, pageMs: number): number {
  let lacings = 0
  let ms = 0
  let count = 0
  for (const packet of packets.slice(from)) {
    lacings += Math.floor(packet.length / 255) + 1
    ms += opusPacketMs(packet, packet.length)
    if (count > 0 && (lacings > MAX_LACINGS || ms > pageMs)) break
    count++
  }
  return count
}

function formatPage (kind: number, granule: number, serial: number, sequence: number, packets: readonly Uint8Array[]): Buffer {
  const lacings = packets.flatMap(({ length }) => [...new Array<number>(Math.floor(length / 255)).fill(255), length % 255])
  const page = Buffer.concat([Buffer.alloc(PAGE_HEADER_BYTES), Buffer.from(lacings), ...packets])
  page.write('OggS', 0, 'latin1')
  page[5] = kind
  page.writeBigInt64LE(BigInt(granule), 6)
  page.writeUInt32LE(serial, 14)
  page.writeUInt32LE(sequence, 18)
  page[26] = lacings.length
  page.writeUInt32LE(crcOf(page), 22)
  return page
}

function opusHead ({ preSkip, inputRateHz }: OggOpusStream): Buffer {
  const head = Buffer.alloc(19)
  head.write('OpusHead', 0, 'latin1')
  head[8] = 1 // version
  head[9] = 1 // channels
  head.writeUInt16LE(preSkip, 10)
  head.writeUInt32LE(inputRateHz, 12)
  head[18] = MAPPING_MONO_OR_STEREO // before it a gain of 0 dB
  return head
}

function opusTags (): Buffer {
  const vendor = 'Chorus'
  const tags = Buffer.alloc(8 + 4 + vendor.length + 4) // no comments
  tags.write('OpusTags', 0, 'latin1')
  tags.writeUInt32LE(vendor.length, 8)
  tags.write(vendor, 12, 'latin1')
  return tags
}

/** CRC-32 of RFC 3533: not reflected, begins with 0, ends as it is; no library of Node's has it. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  return crc
})

function crcOf (bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) crc = (crc << 8) ^ crcTable[((crc >>> 24) ^ byte) & 0xff]!
  return crc >>> 0
}
