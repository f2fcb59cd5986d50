type Job = () => void | Promise<void>

export interface MainLoopEvents {
  /** The state has another value than in the last pass; its side effects are due. */
  onStateChanged (): void | Promise<void>
  onDrained (): void
}

const STATE_CHANGED = 1
const DRAINED = 2

/**
 * The firmware's main task. A pass handles the event bits in their fixed order, then the closures
 * that were queued before it began; what is queued meanwhile waits for the next pass. A closure
 * that returns a promise blocks the loop until it settles, as opening a channel and tool calls do.
 */
export class MainLoop {
  readonly #events: MainLoopEvents
  readonly #latencyMs: () => number
  #jobs: Job[] = []
  #bits = 0
  #isRunning = false
  #isScheduled = false
  #isStopped = false

  constructor (events: MainLoopEvents, latencyMs: () => number) {
    this.#events = events
    this.#latencyMs = latencyMs
  }

  /** While true, nothing of the main loop's is sent: neither replies nor microphone frames. */
  get isBlocked (): boolean { return this.#isRunning }

  post (job: Job): void {
    this.#jobs.push(job)
    this.#schedule()
  }

  raiseStateChanged (): void { this.#raise(STATE_CHANGED) }
  raiseDrained (): void { this.#raise(DRAINED) }

  stop (): void {
    this.#isStopped = true
    this.#jobs = []
  }

  #raise (bit: number): void {
    this.#bits |= bit
    this.#schedule()
  }

  #schedule (): void {
    if (this.#isScheduled || this.#isRunning || this.#isStopped) return
    this.#isScheduled = true
    const latencyMs = this.#latencyMs()
    const begin = (): void => { void this.#pass() }
    if (latencyMs < 1) setImmediate(begin)
    else setTimeout(begin, latencyMs)
  }

  async #pass (): Promise<void> {
    this.#isScheduled = false
    this.#isRunning = true
    const bits = this.#bits
    const jobs = this.#jobs
    this.#bits = 0
    this.#jobs = []
    if ((bits & STATE_CHANGED) !== 0 && !this.#isStopped) {
      const effects = this.#events.onStateChanged()
      if (effects !== undefined) await effects
    }
    if ((bits & DRAINED) !== 0 && !this.#isStopped) this.#events.onDrained()
    for (const job of jobs) {
      if (this.#isStopped) break
      const work = job()
      if (work !== undefined) await work
    }
    this.#isRunning = false
    if (this.#jobs.length > 0 || this.#bits !== 0) this.#schedule()
  }
}
