import { seededRandom } from '../../src/bin/simulate/seeded.js'
import { kinds, type Kind } from './kinds.js'

/** Numbers from 0 up to 1. */
export type Random = () => number

/**
 * The chance of one request. It depends on the seed, the kind and the number of the request within
 * its kind, and on nothing else: whatever comes between, the n-th chat draws the same.
 */
export function requestRandom (seed: number, kind: Kind, number: number): Random {
  return seededRandom(mix(mix(mix(seed) + kinds.indexOf(kind)) + number))
}

// The finaliser of MurmurHash3: neighbours in, strangers out.
function mix (value: number): number {
  let mixed = (value + 0x9e3779b9) | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
