import { OptionError } from './option-error.js'

/**
 * What may become of a request: refused with 429 or 500, never answered, reset in the middle of its
 * answer, answered with what no parser takes, or stopped in the middle for a while.
 */
export const faults = ['429', '500', 'hang', 'half', 'garbage', 'stall'] as const
export type Fault = typeof faults[number]
/** Of all requests of a kind, from 0 to 1; together at most 1. */
export type FaultShares = Readonly<Record<Fault, number>>
export type FaultCounts = Record<Fault, number>

export const noFaults: FaultShares = { 429: 0, 500: 0, hang: 0, half: 0, garbage: 0, stall: 0 }

/** Reads `429=0.01,half=0.02`. @throws OptionError */
export function parseFaults (option: string, text: string): FaultShares {
  const shares: Record<string, number> = { ...noFaults }
  for (const part of text.split(',')) {
    const [, name, share] = /^\s*(\w+)=(\d+(?:\.\d+)?)\s*$/.exec(part) ?? []
    if (name === undefined || !Object.hasOwn(shares, name)) {
      throw new OptionError(`--${option} is a list as in 429=0.01,hang=0.005 of ${faults.join(', ')}, not "${text}"`)
    }
    shares[name] = Number(share)
  }
  const sum = Object.values(shares).reduce((total, share) => total + share, 0)
  // Ten tenths add up to a little more.
  if (sum > 1 + 1e-9) throw new OptionError(`--${option} adds up to ${sum}, more than all requests`)
  return shares as FaultShares
}

/** @param chance from 0 up to 1 */
export function pickFault (shares: FaultShares, chance: number): Fault | undefined {
  let upTo = 0
  return faults.find(fault => {
    upTo += shares[fault]
    return chance < upTo
  })
}

/** A share without dice: every run of the same requests meets it at the same ones. */
export class EvenShare {
  readonly #share: number
  #points = 0

  constructor (share: number) {
    this.#share = share
  }

  isDue (): boolean {
    this.#points += this.#share
    if (this.#points < 1) return false
    this.#points--
    return true
  }
}
