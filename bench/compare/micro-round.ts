import { median } from '../support/figures.js'
import { SliceSide } from './slice-side.js'

/** Short against the minutes in which this machine's speed changes, long against a call. */
const SLICE_MS = 25
const PAIRS = 12

/**
 * One round: a fresh process of each build; their slices take turns (A B B A …), so that both sides
 * of a ratio meet the same machine. Who begins takes turns from round to round.
 * @returns ln(head/base) of CPU time per operation, the median over the pairs of slices
 */
export async function measureMicroRound (name: string, base: string, head: string, round: number): Promise<number> {
  const isBaseFirst = round % 2 === 0
  const first = new SliceSide(isBaseFirst ? base : head, name)
  const second = new SliceSide(isBaseFirst ? head : base, name)
  try {
    await Promise.all([first.ready(), second.ready()])
    const logs: number[] = []
    for (let pair = 0; pair < PAIRS; pair++) {
      const isSwapped = pair % 2 === 1
      const a = await (isSwapped ? second : first).runSlice(SLICE_MS)
      const b = await (isSwapped ? first : second).runSlice(SLICE_MS)
      const log = isSwapped ? Math.log(a / b) : Math.log(b / a) // ln(second/first)
      logs.push(isBaseFirst ? log : -log)
    }
    return median(logs)
  } finally {
    first.close()
    second.close()
  }
}
