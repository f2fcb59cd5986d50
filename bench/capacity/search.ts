import type { Phase, Verdict } from './types.js'

export interface SearchOptions {
  readonly start: number
  readonly growth: number
  readonly least: number
  readonly most: number
  /** The search ends when what holds and what does not are this close. */
  readonly stepDevices: number
  readonly stepPercent: number
}

/** One run, whatever comes of it. */
export type Probe = (devices: number, phase: Phase) => Promise<Verdict>

export interface SearchOutcome {
  /** The largest number that held, 0 where none did. */
  readonly devices: number
  /** The least number above it that could not be shown to hold. */
  readonly above: number | undefined
  /** Why not. */
  readonly cause: 'server' | 'load' | 'none'
}

/** How many devices are one step at this number. */
export function stepAt (devices: number, { stepDevices, stepPercent }: Pick<SearchOptions, 'stepDevices' | 'stepPercent'>): number {
  return Math.max(1, stepDevices, Math.floor(devices * stepPercent / 100))
}

/**
 * The largest number of devices that holds: ever more of them until that fails, then the middle
 * between what held and what did not. A number fails when it does so twice, since a disturbance
 * from outside is not the server's limit. Where the load is the limit nothing is known
 * of the server: such a number is not exceeded, and is not taken for the server's limit.
 */
export async function findCapacity (probe: Probe, options: SearchOptions): Promise<SearchOutcome> {
  const { start, growth, least, most } = options
  let low = 0
  let high: number | undefined
  let cause: SearchOutcome['cause'] = 'none'
  for (;;) {
    const phase: Phase = low > 0 && high !== undefined ? 'narrowing' : 'growing'
    const devices = nextNumber()
    if (devices === undefined) return { devices: low, above: high, cause }
    const kind = await settle(probe, devices, phase)
    if (kind === 'holds') {
      low = devices
    } else {
      high = devices
      cause = kind === 'broken' ? 'server' : 'load'
    }
  }

  function nextNumber (): number | undefined {
    if (low === 0 && high === undefined) return Math.min(most, Math.max(least, start))
    if (low === 0) return high! <= least ? undefined : Math.max(least, Math.floor(high! / growth))
    if (high === undefined) return low >= most ? undefined : Math.min(most, Math.max(low + 1, Math.round(low * growth)))
    return high - low <= stepAt(low, options) ? undefined : Math.round((low + high) / 2)
  }
}

/**
 * What a run says when it holds, or else what two runs say: one that broke may have met a
 * disturbance, and one in which the load was the limit says nothing. Three runs at most.
 */
async function settle (probe: Probe, devices: number, phase: Phase): Promise<Verdict['kind']> {
  const seen = new Set<Verdict['kind']>()
  for (;;) {
    const { kind } = await probe(devices, phase)
    if (kind === 'holds' || seen.has(kind)) return kind
    seen.add(kind)
  }
}

export interface Certification {
  /** 0 where no number held twice. */
  readonly devices: number
  readonly isHeld: boolean
}

/**
 * Runs what was found until two runs in a row hold. Where one does not it goes down by a step, then
 * by two more, by four: a number that is far too great must not cost a day.
 */
export async function certify (probe: Probe, found: number, options: SearchOptions): Promise<Certification> {
  let devices = found
  for (let steps = 1; ; steps *= 2) {
    if (await holdsTwice(probe, devices)) return { devices, isHeld: true }
    if (devices <= options.least) return { devices: 0, isHeld: false }
    devices = Math.max(options.least, devices - steps * stepAt(devices, options))
  }
}

/** A run in which the load was the limit is done again once, and then counts as one that failed. */
export async function holdsTwice (probe: Probe, devices: number): Promise<boolean> {
  for (let run = 0; run < 2; run++) {
    let { kind } = await probe(devices, 'certifying')
    if (kind === 'invalid') kind = (await probe(devices, 'certifying')).kind
    if (kind !== 'holds') return false
  }
  return true
}
