import { join } from 'node:path'
import { runForJson } from '../support/child-json.js'
import type { ThreadUse } from '../support/threads.js'
import { CaseError } from './slice-side.js'

/** A load benchmark as a case: short, and far below what the server bears. */
export interface LoadCase {
  readonly script: string
  readonly args: readonly string[]
  /** What one operation is. */
  readonly unit: string
  /** CPU time per operation, in µs, out of the line that the benchmark prints. */
  readonly read: (result: LoadResult) => number
}

interface LoadResult { readonly threads: readonly ThreadUse[] }

const UPLINK_DEVICES = 60
const UPLINK_SECONDS = 4
/** The threads are looked at from the first frame on, warm-up included. */
const UPLINK_WARM_UP_SECONDS = 3

const threadsCpuUs = ({ threads }: LoadResult): number => threads.reduce((sum, { cpuMs }) => sum + cpuMs, 0) * 1000

export const loadCases: Readonly<Record<string, LoadCase>> = {
  uplink: {
    script: 'uplink',
    // Neither a bound on latency nor what the generator was late is compared.
    args: ['--devices', String(UPLINK_DEVICES), '--seconds', String(UPLINK_SECONDS), '--p99', '10000', '--json'],
    unit: 'device-second of speech without pause',
    read: result => threadsCpuUs(result) / UPLINK_DEVICES / (UPLINK_SECONDS + UPLINK_WARM_UP_SECONDS)
  }
}

/** The run in one build. @returns µs of CPU time of the server per operation */
export async function runLoadCase (name: string, folder: string): Promise<number> {
  const { script, args, read } = loadCases[name]!
  const path = join(folder, 'build', 'bench', `${script}.js`)
  const result = await runForJson({ name, script: path, args, codes: [0, 1, 3] }).catch((error: unknown) => {
    throw new CaseError((error as Error).message)
  })
  return read(result as LoadResult)
}

/** One round: both builds one after the other, the first one in turn. @returns ln(head/base) */
export async function measureLoadRound (name: string, base: string, head: string, round: number): Promise<number> {
  const isBaseFirst = round % 2 === 0
  const first = await runLoadCase(name, isBaseFirst ? base : head)
  const second = await runLoadCase(name, isBaseFirst ? head : base)
  return isBaseFirst ? Math.log(second / first) : Math.log(first / second)
}
