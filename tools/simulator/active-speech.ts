const BLOCK_MS = 20
// A block counts as speech when it is within 26 dB of the loudest one: room tone of a good
// recording is below.
const RELATIVE_LEVEL = 0.05

/** Which 20 ms blocks of a clip hold speech, and where the last of them ends. */
export interface ActiveSpeech {
  /** First sample of the first such block, and the sample after the last. Both 0 for silence. */
  readonly start: number
  readonly end: number
  /** Root mean square over the active blocks only, in units of a sample. */
  readonly rms: number
}

export function findActiveSpeech (pcm: Int16Array, rateHz = 16000): ActiveSpeech {
  const blockSamples = Math.max(1, Math.round(rateHz * BLOCK_MS / 1000))
  const energies: number[] = []
  let loudest = 0
  for (let at = 0; at < pcm.length; at += blockSamples) {
    const block = pcm.subarray(at, at + blockSamples)
    let sum = 0
    for (let i = 0; i < block.length; i++) sum += block[i]! * block[i]!
    const energy = sum / block.length
    energies.push(energy)
    if (energy > loudest) loudest = energy
  }
  const floor = loudest * RELATIVE_LEVEL * RELATIVE_LEVEL
  const isActive = (energy: number): boolean => energy > 0 && energy >= floor
  const first = energies.findIndex(isActive)
  if (first < 0) return { start: 0, end: 0, rms: 0 }
  const last = energies.findLastIndex(isActive)
  const active = energies.filter(isActive)
  return {
    start: first * blockSamples,
    end: Math.min(pcm.length, (last + 1) * blockSamples),
    rms: Math.sqrt(active.reduce((sum, energy) => sum + energy, 0) / active.length)
  }
}
