import type { OpusLibrary } from '../../native-bindings/opus.js'

interface AudioFormat { readonly sampleRateHz: number, readonly frameMs: number, readonly bitrate: number, readonly complexity: number }

/** Makes packets of any length into frames of `format`; the last one is filled with silence. */
export function transcode (packets: readonly Uint8Array[], opus: OpusLibrary, format: AudioFormat): Uint8Array[] {
  const decoder = opus.createDecoder(format.sampleRateHz)
  const encoder = opus.createEncoder({ rateHz: format.sampleRateHz, bitrate: format.bitrate, complexity: format.complexity })
  const pieces: Int16Array[] = []
  const out = new Int16Array(format.sampleRateHz / 1000 * 120)
  for (const packet of packets) pieces.push(out.slice(0, Math.max(0, decoder.decode(packet, packet.length, out))))
  const frameSamples = format.sampleRateHz / 1000 * format.frameMs
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const samples = new Int16Array(Math.ceil(total / frameSamples) * frameSamples)
  pieces.reduce((at, piece) => { samples.set(piece, at); return at + piece.length }, 0)
  const frames: Uint8Array[] = []
  for (let at = 0; at < samples.length; at += frameSamples) {
    frames.push(Uint8Array.from(encoder.encode(Buffer.from(samples.buffer, at * 2, frameSamples * 2))))
  }
  return frames
}
