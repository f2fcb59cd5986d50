import { pcmRamp } from '../../support/fake-openai.js'

export interface WavOptions {
  readonly sampleRateHz: number
  readonly samples: number
  readonly channels?: number
  readonly bits?: number
  /** What the header says about the length of the data, if not the truth. */
  readonly dataBytes?: number
  /** Chunks between the format and the data, each with an odd length. */
  readonly notes?: number
  /** Bytes after the data. */
  readonly tail?: Uint8Array
}

/** A WAV file whose samples count up from 0. */
export function wavOf (options: WavOptions): Uint8Array {
  const { sampleRateHz, samples, channels = 1, bits = 16, dataBytes = samples * 2, notes = 0, tail = new Uint8Array(0) } = options
  const format = Buffer.alloc(24)
  format.write('fmt ')
  format.writeUInt32LE(16, 4)
  format.writeUInt16LE(1, 8)
  format.writeUInt16LE(channels, 10)
  format.writeUInt32LE(sampleRateHz, 12)
  format.writeUInt32LE(sampleRateHz * channels * bits / 8, 16)
  format.writeUInt16LE(channels * bits / 8, 20)
  format.writeUInt16LE(bits, 22)
  const note = Buffer.alloc(8 + 6)
  note.write('LIST')
  note.writeUInt32LE(5, 4)
  const data = Buffer.alloc(8)
  data.write('data')
  data.writeUInt32LE(dataBytes, 4)
  const rest = Buffer.concat([Buffer.from('WAVE'), format, ...Array.from({ length: notes }, () => note), data, pcmRamp(0, samples), tail])
  const riff = Buffer.alloc(8)
  riff.write('RIFF')
  riff.writeUInt32LE(rest.length, 4)
  return Buffer.concat([riff, rest])
}
