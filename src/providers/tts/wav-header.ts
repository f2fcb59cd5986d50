export type WavHeader =
  | { readonly kind: 'wait' }
  | { readonly kind: 'bad', readonly why: string }
  | { readonly kind: 'pcm', readonly sampleRateHz: number, readonly dataOffset: number, readonly dataBytes: number }

interface Format { readonly sampleRateHz: number, readonly what: string, readonly isSpeech: boolean }

// A header is 44 bytes, with notes of the encoder a few hundred.
const MAX_HEADER_BYTES = 64 * 1024
const PCM = 1
const EXTENSIBLE = 0xfffe
// Writers that do not know the length yet leave 0 or nearly 4 GiB: the data goes on to the end.
const UNKNOWN_LENGTH = 0xffffff00

/**
 * Reads the beginning of a WAV file, as far as it is there. Mono with 16 bits is speech, else it is
 * bad.
 */
export function parseWavHeader (bytes: Uint8Array): WavHeader {
  if (bytes.length < 12) return { kind: 'wait' }
  if (textAt(bytes, 0) !== 'RIFF' || textAt(bytes, 8) !== 'WAVE') return { kind: 'bad', why: 'no RIFF/WAVE' }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let format: Format | undefined
  for (let at = 12; at + 8 <= bytes.length;) {
    const id = textAt(bytes, at)
    const length = view.getUint32(at + 4, true)
    if (id === 'data') {
      if (format === undefined) return { kind: 'bad', why: 'data before its format' }
      if (!format.isSpeech) return { kind: 'bad', why: format.what }
      const dataBytes = length === 0 || length >= UNKNOWN_LENGTH ? Infinity : length
      return { kind: 'pcm', sampleRateHz: format.sampleRateHz, dataOffset: at + 8, dataBytes }
    }
    if (id === 'fmt ' && length >= 16) {
      if (at + 24 > bytes.length) return { kind: 'wait' }
      format = readFormat(view, at + 8)
    }
    at += 8 + length + (length & 1) // chunks begin at even offsets
    if (at > MAX_HEADER_BYTES) return { kind: 'bad', why: 'no data in its first 64 KiB' }
  }
  return { kind: 'wait' }
}

function readFormat (view: DataView, at: number): Format {
  const coding = view.getUint16(at, true)
  const channels = view.getUint16(at + 2, true)
  const sampleRateHz = view.getUint32(at + 4, true)
  const bits = view.getUint16(at + 14, true)
  const isPcm16 = (coding === PCM || coding === EXTENSIBLE) && bits === 16
  const isSpeech = isPcm16 && channels === 1 && sampleRateHz >= 8_000 && sampleRateHz <= 192_000
  return { sampleRateHz, isSpeech, what: `coding ${coding}, ${channels} channels, ${bits} bits, ${sampleRateHz} Hz` }
}

function textAt (bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4))
}
