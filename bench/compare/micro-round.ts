import { median } from '../support/figures.js'
import { SliceSide } from './slice-side.js'

/**
 * Short, so that both slices of a pair meet the same neighbours: on two cores shared with six busy
 * threads a round of 12 pairs of 25 ms strays by 5 %, one of 40 pairs of 8 ms by 2 %.
 */
const SLICE_MS = 8
const PAIRS = 40

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
