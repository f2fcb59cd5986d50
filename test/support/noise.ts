import { findActiveSpeech } from '../../tools/simulator/active-speech.js'

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function makeRandom (seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Pink noise (Voss-McCartney, 16 rows) of root mean square 1 or nearly so. */
export function makePinkNoise (samples: number, seed = 1): Float32Array {
  const random = makeRandom(seed)
  const rows = new Float64Array(16)
  for (let row = 0; row < rows.length; row++) rows[row] = random() * 2 - 1
  let sum = rows.reduce((total, row) => total + row, 0)
  const noise = new Float32Array(samples)
  let energy = 0
  for (let i = 0; i < samples; i++) {
    // Row k changes at every 2^k-th sample, so each octave gets the same power.
    const row = Math.min(15, 31 - Math.clz32((i + 1) & -(i + 1)))
    const next = random() * 2 - 1
    sum += next - rows[row]!
    rows[row] = next
    const value = sum + random() * 2 - 1
    noise[i] = value
    energy += value * value
  }
  const scale = energy === 0 ? 0 : 1 / Math.sqrt(energy / samples)
  for (let i = 0; i < samples; i++) noise[i] = noise[i]! * scale
  return noise
}

/**
 * Adds noise so that the speech, measured over its active blocks only, is `snrDb` above it. Where a
 * sum would clip, both are turned down together: the ratio stays.
 */
export function addNoise (speech: Int16Array, snrDb: number, { seed = 1, rateHz = 16000 } = {}): Int16Array {
  const { rms } = findActiveSpeech(speech, rateHz)
  const noise = makePinkNoise(speech.length, seed)
  const level = rms / 10 ** (snrDb / 20)
  const mixed = new Float64Array(speech.length)
  let peak = 0
  for (let i = 0; i < speech.length; i++) {
    const value = speech[i]! + noise[i]! * level
    mixed[i] = value
    peak = Math.max(peak, Math.abs(value))
  }
  const gain = peak > 32767 ? 32767 / peak : 1
  return Int16Array.from(mixed, value => Math.round(value * gain))
}
