import { measure } from '../fleet/command.js'
import type { LoadOptions } from '../fleet/run-load.js'
import type { LoadRun, ServiceBound } from './types.js'

/** What the search leaves as it is. */
export type TalkLoadOptions = Pick<LoadOptions, 'scenario' | 'parts' | 'generators' | 'settings' | 'mockArguments'>

/** Conversations: a server, a mock AI service and a fleet of their own for each run. */
export function makeTalkLoad (options: TalkLoadOptions, level: readonly ServiceBound[]): LoadRun {
  const bounds = Object.fromEntries(level.map(({ figure, most }) => [figure, { most }]))
  return async (devices, { seconds, warmUpSeconds, asr, seed }) => await measure(
    { bench: 'talk', scenario: 'talk', devices, seconds, bounds },
    { ...options, devices, seconds, warmUpSeconds, asr, seed }
  )
}
