export interface Wav {
  readonly sampleRate: number
  /** A view into the file's bytes where their alignment allows it. */
  readonly samples: Int16Array
}

const HEADER_BYTES = 44
const FORMAT_PCM = 1
const FORMAT_EXTENSIBLE = 0xfffe

/** Reads a 16-bit mono PCM file. @throws Error that says what the file is instead. */
export function parseWav (file: Buffer): Wav {
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error('it is not a WAV file (no RIFF/WAVE header)')
  }
  let sampleRate = 0
  for (let at = 12; at + 8 <= file.length;) {
    const name = file.toString('latin1', at, at + 4)
    const size = file.readUInt32LE(at + 4)
    const body = at + 8
    if (name === 'fmt ') sampleRate = checkFormat(file, body, size)
    if (name === 'data') {
      if (sampleRate === 0) throw new Error('its audio comes before its format')
      // Programs that stream leave the size open (0 or 0xffffffff): then the rest of the file is
      // audio.
      const end = size === 0 || body + size > file.length ? file.length : body + size
      return { sampleRate, samples: viewSamples(file, body, end) }
    }
    at = body + size + (size & 1)
  }
  throw new Error('it holds no audio (no data chunk)')
}

export function formatWav (samples: Int16Array, sampleRate: number): Buffer {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
  const header = Buffer.alloc(HEADER_BYTES)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(HEADER_BYTES - 8 + bytes.length, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(FORMAT_PCM, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(sampleRate, 24)
  header.writeUInt32LE(2 * sampleRate, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(bytes.length, 40)
  return Buffer.concat([header, bytes])
}

function checkFormat (file: Buffer, at: number, size: number): number {
  if (size < 16 || at + 16 > file.length) throw new Error('its format chunk is cut short')
  const format = file.readUInt16LE(at)
  const channels = file.readUInt16LE(at + 2)
  const bits = file.readUInt16LE(at + 14)
  const isPcm = format === FORMAT_PCM || (format === FORMAT_EXTENSIBLE && size >= 26 && file.readUInt16LE(at + 24) === FORMAT_PCM)
  if (!isPcm || bits !== 16) throw new Error(`it is not 16-bit PCM (format ${format}, ${bits} bits)`)
  if (channels !== 1) throw new Error(`it is not mono (${channels} channels)`)
  return file.readUInt32LE(at + 4)
}

function viewSamples (file: Buffer, from: number, end: number): Int16Array {
  const count = (end - from) >> 1
  const offset = file.byteOffset + from
  if ((offset & 1) === 0) return new Int16Array(file.buffer, offset, count)
  return new Int16Array(file.buffer.slice(offset, offset + 2 * count))
}
