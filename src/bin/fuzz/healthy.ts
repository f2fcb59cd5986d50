import { fileURLToPath } from 'node:url'

import type { HealthyFigures } from '../../../tools/fuzz/verdict.js'
import type { SimulateResult } from '../simulate/result.js'
import { runChild } from './child.js'

export interface Crowd {
  readonly name: string
  readonly url: string
  readonly devices: number
  readonly seconds: number
  readonly seed: number
}

/** Length of an answer of the mock service, and the time after it. */
export const ANSWER_S = 4
const PAUSE_S = 4

/** Devices that do nothing wrong: those of `npm run simulate`, in a process of their own. */
export async function runHealthy ({ name, url, devices, seconds, seed }: Crowd, signal: AbortSignal): Promise<HealthyFigures> {
  const script = fileURLToPath(new URL('../simulate.js', import.meta.url))
  const load = ['--devices', String(devices), '--seconds', String(seconds), '--answer-s', String(ANSWER_S), '--pause-s', String(PAUSE_S), '--seed', String(seed)]
  const { turns, firstAudioMs, frames, connectionErrors } = await runChild<SimulateResult>(script, ['--json', '--url', url, ...load], signal)
  const { answered, unanswered, cut, delayed, missed } = turns
  return {
    name, answered, unanswered, cut, delayed, missed,
    underruns: frames.underruns,
    connectionErrors: connectionErrors.count,
    slowestFirstAudioMs: firstAudioMs.max
  }
}
