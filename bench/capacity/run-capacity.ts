import { describeMachine } from '../report/machine-description.js'
import { certifyingRuns, countThreads, findLimit, summariseAttempt, type Certificate } from './certificate.js'
import { describeAttempt } from './progress.js'
import { certify, findCapacity, holdsTwice, type Probe, type SearchOptions } from './search.js'
import { judge } from './service-level.js'
import type { Asr, Attempt, LoadRun, ServiceBound } from './types.js'

export interface CapacityOptions {
  readonly load: LoadRun
  readonly asr: Asr
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly seed: number
  readonly serviceLevel: readonly ServiceBound[]
  readonly search: SearchOptions
  /** Only so many devices, twice; no search. */
  readonly check?: number
  /** What repeats it. */
  readonly command: string
  readonly onProgress: (line: string) => void
}

/**
 * Finds how many devices a server bears, and certifies it.
 * @throws Error when the very first run comes to no result, or one of them does not tell a figure
 * that the service level needs
 */
export async function measureCapacity (options: CapacityOptions): Promise<Certificate> {
  const { asr, check, command, serviceLevel, search, onProgress } = options
  const startedAt = new Date()
  const attempts: Attempt[] = []
  const probe = makeProbe(options, attempts)
  const certified = check === undefined ? await find() : { devices: check, isHeld: await holdsTwice(probe, check) }
  const runs = certifyingRuns(attempts, certified.devices)
  const last = runs.at(-1) ?? attempts.findLast(({ result }) => result !== undefined)?.result
  return {
    kind: 'capacity certificate',
    title: last?.title ?? '',
    command,
    startedAt: startedAt.toISOString(),
    elapsedSeconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    machine: last?.machine ?? describeMachine(),
    transport: last?.transport ?? '',
    asr,
    ...certified,
    serviceLevel,
    ...check === undefined ? { limit: findLimit(attempts, certified.devices) } : {},
    threadCounts: countThreads(last?.threads ?? []),
    search: attempts.map(summariseAttempt),
    runs
  }

  async function find () {
    const found = await findCapacity(probe, search)
    if (found.devices === 0) return { devices: 0, isHeld: false }
    onProgress(`${found.devices} devices held; two runs more for the certificate`)
    return await certify(probe, found.devices, search)
  }
}

/** Each run of one number has its own seed: what holds must not hang on one order of events. */
function makeProbe ({ load, asr, seconds, warmUpSeconds, seed, serviceLevel, onProgress }: CapacityOptions, attempts: Attempt[]): Probe {
  return async (devices, phase) => {
    const earlier = attempts.filter(attempt => attempt.devices === devices).length
    const outcome = await load(devices, { seconds, warmUpSeconds, asr, seed: seed + earlier }).catch((error: unknown) => {
      // Hours of search are not thrown away for one run; but with none before it nothing works.
      if (attempts.length === 0) throw error
      return `no result: ${error instanceof Error ? error.message : String(error)}`
    })
    const attempt: Attempt = typeof outcome === 'string'
      ? { phase, devices, verdict: { kind: 'invalid', reasons: [outcome] } }
      : { phase, devices, verdict: judge(outcome, serviceLevel), result: outcome }
    attempts.push(attempt)
    onProgress(describeAttempt(attempts.length, attempt))
    return attempt.verdict
  }
}
