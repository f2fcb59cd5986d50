import type { Kysely, Transaction } from 'kysely'

interface Write<Tables> {
  readonly run: (transaction: Transaction<Tables>) => Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Writes that arrive together share one transaction, and so one wait for the disk. None is answered
 * before it is there. One that fails takes nobody along: the others are done again, each by itself.
 */
export class GroupCommit<Tables> {
  readonly #db: Kysely<Tables>
  readonly #waitMs: number
  readonly #limit: number
  #waiting: Write<Tables>[] = []
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  /** Transactions, since the start. */
  commits = 0

  /**
   * @param waitMs how long the first write waits for others
   * @param limit most writes in one transaction
   */
  constructor (db: Kysely<Tables>, waitMs: number, limit: number) {
    this.#db = db
    this.#waitMs = waitMs
    this.#limit = limit
  }

  /** `run` may be run twice: what it did the first time is rolled back then. */
  write<T> (run: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ run, resolve: resolve as (value: unknown) => void, reject })
      if (this.#waiting.length >= this.#limit) this.#flush()
      else this.#timer ??= setTimeout(() => { this.#flush() }, this.#waitMs)
    })
  }

  /** Commits what waits. */
  async close (): Promise<void> {
    this.#flush()
    await this.#running
  }

  #flush (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const writes = this.#waiting
    if (writes.length === 0) return
    this.#waiting = []
    this.#running = this.#running.then(() => this.#commit(writes))
  }

  async #commit (writes: readonly Write<Tables>[]): Promise<void> {
    try {
      const values = await this.#transact(writes)
      writes.forEach((write, index) => { write.resolve(values[index]) })
    } catch (error) {
      if (writes.length === 1) writes[0]!.reject(error)
      else for (const write of writes) await this.#commit([write])
    }
  }

  async #transact (writes: readonly Write<Tables>[]): Promise<unknown[]> {
    this.commits++
    return await this.#db.transaction().execute(async transaction => {
      const values: unknown[] = []
      for (const { run } of writes) values.push(await run(transaction))
      return values
    })
  }
}
