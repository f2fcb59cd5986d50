import { ResamplerLibrary } from '../../native-bindings/resampler.js'
import { clips, loadClip } from '../../test/support/clips.js'
import { findActiveSpeech } from '../../tools/simulator/active-speech.js'

/** All test speech in one piece at 16 kHz, without the silence around the recordings. */
export function loadSpeech (): Int16Array {
  const pieces = Object.values(clips).map(clip => {
    const samples = loadClip(clip)
    const { start, end } = findActiveSpeech(samples)
    return samples.subarray(start, end)
  })
  return join(pieces)
}

/** Speech at another rate, by the resampler of the server. */
export async function resample (samples: Int16Array, fromHz: number, toHz: number): Promise<Int16Array> {
  const resampler = (await ResamplerLibrary.load()).create(fromHz, toHz)
  const pieces: Int16Array[] = []
  resampler.process(samples, piece => { pieces.push(piece.slice()) })
  resampler.destroy()
  return join(pieces)
}

function join (pieces: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** Whole frames of `frameSamples` as bytes; what is left over is left out. */
export function cutFrames (samples: Int16Array, frameSamples: number): Buffer[] {
  return Array.from({ length: Math.floor(samples.length / frameSamples) }, (_, index) => {
    return Buffer.from(samples.slice(index * frameSamples, (index + 1) * frameSamples).buffer)
  })
}
