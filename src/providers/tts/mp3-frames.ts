/** What the four bytes at the head of a frame say. */
interface FrameHeader { readonly bytes: number, readonly sampleRateHz: number }

const HEADER_BYTES = 4
const TAG_HEADER_BYTES = 10
// A server that sends something else than MP3 is found out after so much of it.
const MOST_SKIPPED_BYTES = 4096

const MPEG_1 = 3
const MPEG_2 = 2
const MPEG_2_5 = 0
const LAYER_3 = 1
const bitratesOfMpeg1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const bitratesOfMpeg2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
const sampleRates: Readonly<Record<number, readonly number[]>> = {
  [MPEG_1]: [44_100, 48_000, 32_000],
  [MPEG_2]: [22_050, 24_000, 16_000],
  [MPEG_2_5]: [11_025, 12_000, 8_000]
}

/** Cuts a stream of MP3 into whole frames, so that a decoder never sees anything else. */
export class Mp3Frames {
  #rest: Uint8Array = new Uint8Array(0)
  /** Of a tag that is not over yet. */
  #tagBytesLeft = 0
  #skippedBytes = 0
  #sampleRateHz = 0

  /** Of the frames so far; 0 before the first. */
  get sampleRateHz (): number { return this.#sampleRateHz }

  /**
   * The frames that `bytes` completes.
   * @throws Error where no frame comes for long
   */
  push (bytes: Uint8Array): Uint8Array[] {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const frames: Uint8Array[] = []
    let at = 0
    for (;;) {
      const inTag = Math.min(this.#tagBytesLeft, all.length - at)
      this.#tagBytesLeft -= inTag
      at += inTag
      if (isTag(all, at)) {
        if (all.length - at < TAG_HEADER_BYTES) break
        this.#tagBytesLeft = tagBytes(all, at)
        continue
      }
      if (all.length - at < HEADER_BYTES) break
      const header = this.#headerAt(all, at)
      if (header === undefined) {
        at++
        this.#skip()
        continue
      }
      if (all.length - at < header.bytes) break
      frames.push(all.subarray(at, at + header.bytes))
      at += header.bytes
      this.#sampleRateHz = header.sampleRateHz
      this.#skippedBytes = 0
    }
    this.#rest = all.slice(at)
    return frames
  }

  /** All frames have the rate of the first; what says otherwise is no header. */
  #headerAt (bytes: Uint8Array, at: number): FrameHeader | undefined {
    const header = parseHeader(bytes, at)
    return this.#sampleRateHz === 0 || header?.sampleRateHz === this.#sampleRateHz ? header : undefined
  }

  #skip (): void {
    if (++this.#skippedBytes > MOST_SKIPPED_BYTES) throw new Error('sound that is no MP3')
  }
}

function parseHeader (bytes: Uint8Array, at: number): FrameHeader | undefined {
  const second = bytes[at + 1]!
  const third = bytes[at + 2]!
  if (bytes[at] !== 0xff || (second & 0xe0) !== 0xe0 || (second >> 1 & 3) !== LAYER_3) return undefined
  const version = second >> 3 & 3
  const sampleRateHz = sampleRates[version]?.[third >> 2 & 3]
  const kilobits = (version === MPEG_1 ? bitratesOfMpeg1 : bitratesOfMpeg2)[third >> 4]
  if (sampleRateHz === undefined || kilobits === undefined || kilobits === 0) return undefined
  const bytesPerKilobit = (version === MPEG_1 ? 144_000 : 72_000) / sampleRateHz
  return { bytes: Math.floor(bytesPerKilobit * kilobits) + (third >> 1 & 1), sampleRateHz }
}

/** Does an ID3v2 tag begin there, or may it? */
function isTag (bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x49 && (bytes[at + 1] ?? 0x44) === 0x44 && (bytes[at + 2] ?? 0x33) === 0x33
}

function tagBytes (bytes: Uint8Array, at: number): number {
  const size = [6, 7, 8, 9].reduce((sum, offset) => sum << 7 | bytes[at + offset]! & 0x7f, 0)
  return TAG_HEADER_BYTES + size
}
