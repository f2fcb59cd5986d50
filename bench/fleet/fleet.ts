import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FromGenerator, ToGenerator } from './messages.js'
import type { Scenario } from './scenario.js'
import type { TallyReport } from './tally.js'

export interface FleetOptions {
  readonly port: number
  readonly scenario: Scenario
  readonly devices: number
  readonly seed: number
  readonly rampMs: number
  /** Processes; devices are shared out evenly. */
  readonly generators: number
}

/** What all devices together do at a moment. */
export interface Pulse { readonly connected: number, readonly frames: number, readonly underruns: number }

const script = fileURLToPath(new URL('./generator.js', import.meta.url))
const PATIENCE_MS = 60_000
/** From the order to begin to the first tick: the message must have arrived everywhere. */
const HEAD_START_MS = 200

/** Devices in processes of their own, all on one plan. */
export class Fleet {
  readonly #children: readonly ChildProcess[]
  readonly #pulses: Pulse[]
  #failure: Error | undefined

  constructor (children: readonly ChildProcess[]) {
    this.#children = children
    this.#pulses = children.map(() => ({ connected: 0, frames: 0, underruns: 0 }))
    children.forEach((child, at) => {
      child.on('message', (message: FromGenerator) => { if (message.kind === 'pulse') this.#pulses[at] = message })
      child.once('exit', (code, signal) => { this.#failure = new Error(`a generator ended with ${code ?? signal}`) })
    })
  }

  /** @throws Error when a generator cannot make ready */
  static async prepare (options: FleetOptions): Promise<Fleet> {
    const { generators, devices, port, scenario, seed, rampMs } = options
    const children = Array.from({ length: generators }, () => fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
    const fleet = new Fleet(children)
    await Promise.all(children.map(async (child, at) => {
      const firstIndex = Math.floor(devices * at / generators)
      const share = Math.floor(devices * (at + 1) / generators) - firstIndex
      tell(child, { kind: 'plan', plan: { port, scenario, firstIndex, devices: share, allDevices: devices, seed, rampMs } })
      await fleet.#next(child, 'ready')
    }))
    return fleet
  }

  get pids (): readonly number[] { return this.#children.map(({ pid }) => pid!) }

  get pulse (): Pulse {
    const sum = (read: (pulse: Pulse) => number): number => this.#pulses.reduce((total, pulse) => total + read(pulse), 0)
    return { connected: sum(one => one.connected), frames: sum(one => one.frames), underruns: sum(one => one.underruns) }
  }

  /** @returns the moment of the plan's beginning, on the clock of `Date.now()` */
  begin (): number {
    const atEpochMs = Date.now() + HEAD_START_MS
    for (const child of this.#children) tell(child, { kind: 'begin', atEpochMs })
    return atEpochMs
  }

  /** What was counted since the last time. @throws Error when a generator is gone */
  async report (): Promise<TallyReport[]> {
    return await Promise.all(this.#children.map(async child => {
      tell(child, { kind: 'report' })
      const report = await this.#next(child, 'report')
      return (report as { readonly tally: TallyReport }).tally
    }))
  }

  /** All devices hang up. @throws Error when a generator is gone */
  async stop (): Promise<void> {
    await Promise.all(this.#children.map(async child => {
      tell(child, { kind: 'stop' })
      await this.#next(child, 'stopped')
    }))
  }

  close (): void {
    for (const child of this.#children) if (child.connected) child.disconnect()
  }

  async #next (child: ChildProcess, kind: FromGenerator['kind']): Promise<FromGenerator> {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      const [message] = await Promise.race([
        once(child, 'message', { signal }) as Promise<[FromGenerator]>,
        once(child, 'exit', { signal }).then(() => { throw this.#failure ?? new Error('a generator ended') })
      ])
      if (message.kind === kind) return message
    }
  }
}

function tell (child: ChildProcess, message: ToGenerator): void { child.send(message) }
