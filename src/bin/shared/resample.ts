// Zero crossings on each side: the stop band is some 60 dB down, more than 16-bit speech needs.
const ZERO_CROSSINGS = 16

/** Changes the rate of a whole clip by a windowed sinc; offline, so simple wins over fast. */
export function resample (input: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz) return input
  const step = fromHz / toHz
  // Above the lower of the two Nyquist frequencies nothing may pass, or it folds back as noise.
  const cutoff = Math.min(1, 1 / step)
  const reach = ZERO_CROSSINGS / cutoff
  const output = new Int16Array(Math.round(input.length / step))
  for (let at = 0; at < output.length; at++) {
    const centre = at * step
    const last = Math.min(input.length - 1, Math.floor(centre + reach))
    let sum = 0
    for (let from = Math.max(0, Math.ceil(centre - reach)); from <= last; from++) {
      const distance = from - centre
      sum += input[from]! * cutoff * sinc(distance * cutoff) * window(distance / reach)
    }
    output[at] = Math.max(-32768, Math.min(32767, Math.round(sum)))
  }
  return output
}

function sinc (x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

// Blackman, from -1 to 1.
function window (x: number): number {
  return 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x)
}
