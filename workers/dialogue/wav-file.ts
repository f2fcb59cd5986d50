const HEADER_BYTES = 44
const RATE_HZ = 16_000
const PCM = 1

/** A WAV file of 16 kHz mono, and the samples in it, still silent. */
export function makeWavFile (samples: number): { readonly bytes: Uint8Array, readonly pcm: Int16Array } {
  const bytes = Buffer.from(new ArrayBuffer(HEADER_BYTES + samples * 2))
  const dataBytes = samples * 2
  bytes.write('RIFF', 0, 'latin1')
  bytes.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4)
  bytes.write('WAVEfmt ', 8, 'latin1')
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(PCM, 20)
  bytes.writeUInt16LE(1, 22) // channels
  bytes.writeUInt32LE(RATE_HZ, 24)
  bytes.writeUInt32LE(RATE_HZ * 2, 28)
  bytes.writeUInt16LE(2, 32) // bytes of one sample of all channels
  bytes.writeUInt16LE(16, 34) // bits
  bytes.write('data', 36, 'latin1')
  bytes.writeUInt32LE(dataBytes, 40)
  return { bytes, pcm: new Int16Array(bytes.buffer, HEADER_BYTES, samples) }
}
