import type { MicroCase, Variant } from './types.js'

/** A case without an obvious alternative: there to be compared with itself, over commits. */
export function alone (unit: string, make: () => Variant | Promise<Variant>): MicroCase {
  return { unit, ours: 'ours', variants: { ours: make } }
}

/** A variant of `rounds` calls that give a number each. */
export function repeated (rounds: number, work: (round: number) => number, consume: (value: number) => void): Variant {
  return {
    operations: rounds,
    run: () => { for (let round = 0; round < rounds; round++) consume(work(round)) }
  }
}
