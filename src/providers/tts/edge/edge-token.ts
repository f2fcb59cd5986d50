import { createHash } from 'node:crypto'

// Windows counts from 1601, in ticks of 100 ns.
const WINDOWS_EPOCH_SECONDS = 11_644_473_600
const TICKS_PER_SECOND = 10_000_000n
const VALID_SECONDS = 300

/**
 * `Sec-MS-GEC`: the time, to five minutes, hashed with the token of the client. The service
 * refuses one of another time with 403.
 */
export function edgeToken (nowMs: number, clientToken: string): string {
  const seconds = Math.floor(nowMs / 1000) + WINDOWS_EPOCH_SECONDS
  const ticks = BigInt(seconds - seconds % VALID_SECONDS) * TICKS_PER_SECOND
  return createHash('sha256').update(`${ticks}${clientToken}`, 'ascii').digest('hex').toUpperCase()
}
