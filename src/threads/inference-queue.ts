import { ChorusError } from '../core/errors.js'

/** Smaller comes first: somebody waits for the words, then for the voice, then nobody does. */
export type Priority = 0 | 1 | 2

interface Entry<Job, Result> {
  readonly job: Job
  readonly priority: Priority
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
  /** Stops to listen to its signal, which may live for long. */
  readonly leave: () => void
}

/** A bounded queue of whole jobs in front of workers; equal priorities keep their order. */
export class InferenceQueue<Job, Result> {
  readonly #run: (job: Job) => Promise<Result>
  readonly #workers: number
  readonly #limit: number
  readonly #busy: (waiting: number) => ChorusError
  readonly #waiting: Entry<Job, Result>[] = []
  #running = 0
  #whenIdle: (() => void)[] = []
  #isDraining = false

  /** @param busy what is said when `limit` jobs wait already */
  constructor (run: (job: Job) => Promise<Result>, workers: number, limit: number, busy = inferenceBusy) {
    this.#run = run
    this.#workers = workers
    this.#limit = limit
    this.#busy = busy
  }

  get length (): number { return this.#waiting.length }
  /** Would a job run at once? */
  get isIdle (): boolean { return this.#running < this.#workers && this.#waiting.length === 0 }

  /**
   * Runs the job when its turn comes. A job whose signal aborts while it waits is taken out; one
   * that runs goes on, because native code cannot be stopped.
   * @throws CHORUS_INFERENCE_BUSY, or what `busy` makes, when the queue is full; CHORUS_STOPPING;
   * the signal's reason
   */
  submit (job: Job, priority: Priority, signal?: AbortSignal): Promise<Result> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    if (this.#isDraining) return Promise.reject(new ChorusError('CHORUS_STOPPING'))
    if (this.#waiting.length >= this.#limit) return Promise.reject(this.#busy(this.#waiting.length))
    return new Promise<Result>((resolve, reject) => {
      const giveUp = (): void => { this.#remove(entry, signal?.reason) }
      const entry = { job, priority, resolve, reject, leave: () => { signal?.removeEventListener('abort', giveUp) } }
      const after = this.#waiting.findIndex(other => other.priority > priority)
      this.#waiting.splice(after < 0 ? this.#waiting.length : after, 0, entry)
      signal?.addEventListener('abort', giveUp, { once: true })
      this.#next()
    })
  }

  /** Refuses what waits and what comes, and resolves when nothing runs any more. */
  async drain (): Promise<void> {
    this.#isDraining = true
    for (const entry of this.#waiting.splice(0)) {
      entry.leave()
      entry.reject(new ChorusError('CHORUS_STOPPING'))
    }
    if (this.#running > 0) await new Promise<void>(resolve => { this.#whenIdle.push(resolve) })
  }

  #remove (entry: Entry<Job, Result>, reason: unknown): void {
    const at = this.#waiting.indexOf(entry)
    if (at < 0) return
    this.#waiting.splice(at, 1)
    entry.reject(reason)
  }

  #next (): void {
    while (this.#running < this.#workers) {
      const entry = this.#waiting.shift()
      if (entry === undefined) break
      entry.leave()
      this.#running++
      this.#run(entry.job).then(entry.resolve, entry.reject).finally(() => { this.#finished() })
    }
  }

  #finished (): void {
    this.#running--
    this.#next()
    if (this.#running === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}

function inferenceBusy (waiting: number): ChorusError { return new ChorusError('CHORUS_INFERENCE_BUSY', [waiting]) }
