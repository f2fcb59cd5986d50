import type { TurnRecord } from './types.js'

interface Waiter {
  readonly resolve: (turn: TurnRecord) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

// Nobody has to ask for turns: those that no one took must not pile up in a long run.
const KEEP_UNTAKEN = 32

/** Turns that ended, each handed out once; or those who wait for the next. */
export class TurnQueue {
  readonly #ended: TurnRecord[] = []
  readonly #waiters: Waiter[] = []

  push (turn: TurnRecord): void {
    if (turn.outcome === 'unanswered') return
    if (turn.outcome === 'closed') return this.fail('the channel was closed before the answer was complete')
    const waiter = this.#waiters.shift()
    if (waiter !== undefined) {
      clearTimeout(waiter.timer)
      waiter.resolve(turn)
      return
    }
    this.#ended.push(turn)
    if (this.#ended.length > KEEP_UNTAKEN) this.#ended.shift()
  }

  next (timeoutMs: number): Promise<TurnRecord> {
    const ended = this.#ended.shift()
    if (ended !== undefined) return Promise.resolve(ended)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        reject(new Error(`no turn ended in ${timeoutMs} ms`))
      }, timeoutMs)
      const waiter: Waiter = { resolve, reject, timer }
      this.#waiters.push(waiter)
    })
  }

  fail (reason: string): void {
    for (const waiter of this.#waiters.splice(0)) {
      clearTimeout(waiter.timer)
      waiter.reject(new Error(reason))
    }
  }
}
