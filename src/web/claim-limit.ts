import { isIPv6 } from 'node:net'

const WINDOW_MS = 3_600_000
const MAX_ADDRESSES = 10_000

/**
 * How many activations an address may begin in an hour. Codes are few: who makes up Device-Ids
 * could otherwise use them all, and nobody else's device would get one.
 */
export class ClaimLimit {
  readonly #perHour: number
  readonly #now: () => number
  readonly #counts = new Map<string, { count: number, endsAtMs: number }>()

  constructor (perHour: number, now: () => number = () => performance.now()) {
    this.#perHour = perHour
    this.#now = now
  }

  /** @returns false when the address has begun too many */
  take (address: string): boolean {
    const key = networkOf(address)
    const known = this.#counts.get(key)
    const entry = known !== undefined && known.endsAtMs > this.#now() ? known : { count: 0, endsAtMs: this.#now() + WINDOW_MS }
    if (entry.count >= this.#perHour) return false
    entry.count++
    this.#counts.delete(key)
    this.#counts.set(key, entry)
    if (this.#counts.size > MAX_ADDRESSES) this.#counts.delete(this.#counts.keys().next().value!)
    return true
  }
}

// Whoever has an IPv6 address has 64 bits of them.
function networkOf (address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail = ''] = address.split('::')
  const groups = head.split(':').filter(group => group !== '')
  const rest = address.includes('::') ? tail.split(':').filter(group => group !== '') : []
  const zeros = address.includes('::') ? Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0') : []
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':')
}
