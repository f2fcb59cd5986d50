import { formatOggOpusPages } from '../../workers/inference/ogg-opus.js'

const PAGE_HEADER_BYTES = 27
const GRANULES_PER_MS = 48
/** What the decoder is to drop at the start, at 48 kHz: the look-ahead of libopus. */
const PRE_SKIP = 312
const SERIAL = 0x43484f52
const HEADER_PAGES = 2

export interface OggOpusOptions {
  readonly pageMs: number
  /** Of what was encoded; a note. */
  readonly rateHz: number
  /** How much is to be heard; the packets hold at least this and what is skipped. */
  readonly heardMs: number
}

/** A whole file, page by page; the header pages come with the first of them. */
export function oggOpusPages (packets: readonly Uint8Array[], { pageMs, rateHz, heardMs }: OggOpusOptions): Buffer[] {
  const pages = formatOggOpusPages({
    packets, preSkip: PRE_SKIP, samples: heardMs * GRANULES_PER_MS, inputRateHz: rateHz, serial: SERIAL, pageMs
  })
  return [Buffer.concat(pages.slice(0, HEADER_PAGES + 1)), ...pages.slice(HEADER_PAGES + 1)]
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
