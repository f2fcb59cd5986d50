/**
 * A number as it is said: `sign`, digits before and after the point, and a power of ten for
 * extremes.
 */
export interface SpokenNumber {
  readonly isNegative: boolean
  readonly isAbout: boolean
  readonly whole: number
  /** Digits after the point, as they are read out. */
  readonly fraction: string
  readonly tenToThe: number | undefined
}

const MOST_EXACT_DIGITS = 4
const LARGEST_IN_WORDS = 1e15
const SMALLEST_IN_WORDS = 0.001
// Binary noise (0.1 + 0.2) ends after this many digits.
const SIGNIFICANT_DIGITS = 12

/** Exact up to four decimals; else "about", with two decimals, or three digits below one. */
export function roundForSpeech (value: number): SpokenNumber {
  const size = Number(Math.abs(value).toPrecision(SIGNIFICANT_DIGITS))
  const isNegative = value < 0 && size !== 0
  if (size !== 0 && (size >= LARGEST_IN_WORDS || size < SMALLEST_IN_WORDS)) {
    const [digits, exponent] = size.toExponential(2).split('e') as [string, string]
    const isAbout = Number(size.toExponential(2)) !== size
    return { isNegative, isAbout, ...parts(Number(digits)), tenToThe: Number(exponent) }
  }
  const exact = Number(size.toFixed(MOST_EXACT_DIGITS))
  if (exact === size) return { isNegative, isAbout: false, ...parts(exact), tenToThe: undefined }
  const rounded = size >= 1 ? Number(size.toFixed(2)) : Number(size.toPrecision(3))
  return { isNegative, isAbout: true, ...parts(rounded), tenToThe: undefined }
}

function parts (size: number): { whole: number, fraction: string } {
  const [whole, fraction = ''] = size.toFixed(6).replace(/\.?0+$/, '').split('.') as [string, string?]
  return { whole: Number(whole), fraction }
}
