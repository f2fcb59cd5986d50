/**
 * The log-spectral distance between a signal and what a codec made of it, in dB.
 *
 * Both are cut into frames of 32 ms (Hann window) every 8 ms. Of each frame the power spectrum is
 * taken in dB; the distance of a frame is the root mean square of the differences over the bins
 * from 0 to `bandHz`. Frames more than 50 dB below the loudest one of the reference are left out,
 * and no bin counts as lower than 70 dB below the loudest bin of the reference: nobody hears what
 * differs there. The result is the sum over the frames and their number, so that the mean over
 * many signals weighs each frame alike.
 */
export interface SpectralDistance { readonly sum: number, readonly frames: number }

const FRAME_MS = 32
const HOP_MS = 8
const QUIETEST_FRAME_DB = -50
const QUIETEST_BIN_DB = -70

export function spectralDistance (reference: Float32Array, coded: Float32Array, rateHz: number, bandHz: number): SpectralDistance {
  const analyser = new SpectrumAnalyser(rateHz / 1000 * FRAME_MS)
  const hop = rateHz / 1000 * HOP_MS
  const bins = Math.round(bandHz / rateHz * analyser.size)
  const count = Math.floor((Math.min(reference.length, coded.length) - analyser.frameSamples) / hop) + 1
  const spectra = Array.from({ length: Math.max(0, count) }, (_, index) => analyser.powers(reference, index * hop, bins))
  const energies = spectra.map(powers => powers.reduce((sum, power) => sum + power, 0))
  const quietestFrame = Math.max(...energies) * 10 ** (QUIETEST_FRAME_DB / 10)
  const floor = Math.max(...spectra.map(powers => Math.max(...powers))) * 10 ** (QUIETEST_BIN_DB / 10)
  let sum = 0
  let frames = 0
  spectra.forEach((powers, index) => {
    if (energies[index]! < quietestFrame || energies[index] === 0) return
    sum += distanceOf(powers, analyser.powers(coded, index * hop, bins), floor)
    frames++
  })
  return { sum, frames }
}

function distanceOf (reference: Float64Array, coded: Float64Array, floor: number): number {
  let sum = 0
  for (let bin = 0; bin < reference.length; bin++) {
    const difference = 10 * Math.log10(Math.max(reference[bin]!, floor) / Math.max(coded[bin]!, floor))
    sum += difference * difference
  }
  return Math.sqrt(sum / reference.length)
}

/** By how many samples `coded` is late, at most `most`: where the two correlate best. */
export function delayOf (reference: Float32Array, coded: Float32Array, most: number): number {
  let best = 0
  let bestSum = -Infinity
  for (let delay = 0; delay <= most; delay++) {
    let sum = 0
    for (let at = 0; at < reference.length && at + delay < coded.length; at++) sum += reference[at]! * coded[at + delay]!
    if (sum > bestSum) [best, bestSum] = [delay, sum]
  }
  return best
}

/** Power spectra of Hann-windowed frames, by a radix-2 transform of the next power of two. */
class SpectrumAnalyser {
  readonly frameSamples: number
  readonly size: number
  readonly #window: Float64Array
  readonly #real: Float64Array
  readonly #imaginary: Float64Array
  readonly #sines: Float64Array

  constructor (frameSamples: number) {
    this.frameSamples = frameSamples
    this.size = 2 ** Math.ceil(Math.log2(frameSamples))
    this.#window = Float64Array.from({ length: frameSamples }, (_, at) => 0.5 - 0.5 * Math.cos(2 * Math.PI * at / frameSamples))
    this.#real = new Float64Array(this.size)
    this.#imaginary = new Float64Array(this.size)
    this.#sines = Float64Array.from({ length: this.size * 1.25 }, (_, at) => Math.sin(2 * Math.PI * at / this.size))
  }

  powers (samples: Float32Array, from: number, bins: number): Float64Array {
    this.#real.fill(0)
    this.#imaginary.fill(0)
    for (let at = 0; at < this.frameSamples; at++) this.#real[at] = samples[from + at]! * this.#window[at]!
    transform(this.#real, this.#imaginary, this.#sines)
    return Float64Array.from({ length: bins }, (_, bin) => this.#real[bin]! ** 2 + this.#imaginary[bin]! ** 2)
  }
}

/** The discrete Fourier transform in place; `sines` has 5/4 of a circle in as many steps. */
function transform (real: Float64Array, imaginary: Float64Array, sines: Float64Array): void {
  const size = real.length
  for (let from = 1, to = 0; from < size; from++) {
    let bit = size >> 1
    for (; (to & bit) !== 0; bit >>= 1) to ^= bit
    to ^= bit
    if (from < to) {
      [real[from], real[to]] = [real[to]!, real[from]!];
      [imaginary[from], imaginary[to]] = [imaginary[to]!, imaginary[from]!]
    }
  }
  for (let span = 2; span <= size; span <<= 1) {
    for (let start = 0; start < size; start += span) butterflies(real, imaginary, sines, start, span)
  }
}

function butterflies (real: Float64Array, imaginary: Float64Array, sines: Float64Array, start: number, span: number): void {
  const half = span >> 1
  const step = real.length / span
  for (let at = 0; at < half; at++) {
    const sin = -sines[at * step]!
    const cos = sines[at * step + real.length / 4]!
    const low = start + at
    const high = low + half
    const re = real[high]! * cos - imaginary[high]! * sin
    const im = real[high]! * sin + imaginary[high]! * cos
    real[high] = real[low]! - re
    imaginary[high] = imaginary[low]! - im
    real[low] = real[low]! + re
    imaginary[low] = imaginary[low]! + im
  }
}
