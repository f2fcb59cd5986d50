// Ogg (RFC 3533) with one Opus stream (RFC 7845):
//
//   page:  "OggS" version 0 | flags u8 | granule i64 | serial u32 | sequence u32 | crc u32 |
//          n u8 | n lacing values | packets
//   pages: OpusHead | OpusTags | audio …, the last with the end flag
//
// The granule counts samples at 48 kHz up to the end of its page, those to skip included; in the
// last page it tells where the sound ends, which may be within a packet.

const PAGE_HEADER_BYTES = 27
const BEGIN = 2
const END = 4
const GRANULES_PER_MS = 48
/** What the decoder is to drop at the start, at 48 kHz: the look-ahead of libopus. */
const PRE_SKIP = 312
const SERIAL = 0x43484f52

export interface OggOpusOptions {
  readonly packetMs: number
  readonly packetsPerPage: number
  /** Of what was encoded; a note. */
  readonly rateHz: number
  /** How much is to be heard; the packets hold at least this and what is skipped. */
  readonly heardMs: number
}

/** A whole file, page by page; the header pages come with the first of them. */
export function oggOpusPages (packets: readonly Uint8Array[], { packetMs, packetsPerPage, rateHz, heardMs }: OggOpusOptions): Buffer[] {
  let sequence = 0
  let granule = 0
  const write = (flags: number, at: number, contents: readonly Uint8Array[]): Buffer => formatPage(flags, at, sequence++, contents)
  const head = [write(BEGIN, 0, [opusHead(rateHz)]), write(0, 0, [opusTags()])]
  const pages: Buffer[] = []
  for (let at = 0; at < packets.length; at += packetsPerPage) {
    const contents = packets.slice(at, at + packetsPerPage)
    granule += contents.length * packetMs * GRANULES_PER_MS
    const isLast = at + packetsPerPage >= packets.length
    pages.push(write(isLast ? END : 0, isLast ? PRE_SKIP + heardMs * GRANULES_PER_MS : granule, contents))
  }
  pages[0] = Buffer.concat([...head, ...pages.slice(0, 1)])
  return pages
}

/** How long an Ogg Opus file lasts; undefined when it is none. */
export function oggOpusSeconds (file: Buffer): number | undefined {
  let preSkip: number | undefined
  let granule = 0n
  for (let at = 0; at < file.length;) {
    if (file.length - at < PAGE_HEADER_BYTES || file.toString('latin1', at, at + 4) !== 'OggS') return undefined
    const count = file[at + 26]!
    const lacing = file.subarray(at + PAGE_HEADER_BYTES, at + PAGE_HEADER_BYTES + count)
    const body = at + PAGE_HEADER_BYTES + count
    const end = body + lacing.reduce((sum, bytes) => sum + bytes, 0)
    if (lacing.length < count || end > file.length) return undefined
    if (preSkip === undefined) {
      if (file.toString('latin1', body, body + 8) !== 'OpusHead' || end - body < 19) return undefined
      preSkip = file.readUInt16LE(body + 10)
    }
    granule = file.readBigInt64LE(at + 6)
    at = end
  }
  return preSkip === undefined ? undefined : Math.max(0, Number(granule) - preSkip) / (1000 * GRANULES_PER_MS)
}

function opusHead (rateHz: number): Buffer {
  const head = Buffer.alloc(19)
  head.write('OpusHead', 0, 'latin1')
  head[8] = 1
  head[9] = 1 // channel
  head.writeUInt16LE(PRE_SKIP, 10)
  head.writeUInt32LE(rateHz, 12)
  return head
}

function opusTags (): Buffer {
  const vendor = 'chorus mock-ai'
  const tags = Buffer.alloc(16 + vendor.length)
  tags.write('OpusTags', 0, 'latin1')
  tags.writeUInt32LE(vendor.length, 8)
  tags.write(vendor, 12, 'latin1')
  return tags
}

function formatPage (flags: number, granule: number, sequence: number, packets: readonly Uint8Array[]): Buffer {
  // A packet ends with the first lacing value below 255.
  const lacing = packets.flatMap(packet => [...new Array<number>(Math.floor(packet.length / 255)).fill(255), packet.length % 255])
  const header = Buffer.alloc(PAGE_HEADER_BYTES + lacing.length)
  header.write('OggS', 0, 'latin1')
  header[5] = flags
  header.writeBigInt64LE(BigInt(granule), 6)
  header.writeUInt32LE(SERIAL, 14)
  header.writeUInt32LE(sequence, 18)
  header[26] = lacing.length
  header.set(lacing, PAGE_HEADER_BYTES)
  const page = Buffer.concat([header, ...packets])
  page.writeUInt32LE(checksum(page), 22)
  return page
}

// CRC-32 as Ogg has it: polynomial 0x04c11db7, not reflected, from 0.
const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24
  for (let bit = 0; bit < 8; bit++) value = (value & 0x80000000) === 0 ? value << 1 : (value << 1) ^ 0x04c11db7
  return value >>> 0
})

function checksum (bytes: Uint8Array): number {
  let crc = 0
  for (let at = 0; at < bytes.length; at++) crc = ((crc << 8) ^ crcTable[((crc >>> 24) ^ bytes[at]!) & 255]!) >>> 0
  return crc
}
