// hot path
import type { MessagePort } from 'node:worker_threads'

const ASLEEP = 0

/**
 * Wakes a thread that waits in `Atomics.wait`. A notify costs 14 µs, so the producer notifies only
 * when it was the one to find the sleeper asleep.
 */
export class SleeperBell {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array

  constructor (memory: SharedArrayBuffer = new SharedArrayBuffer(64)) {
    this.memory = memory
    this.#words = new Int32Array(memory)
  }

  /** Producer: call after a batch of pushes. */
  ring (): void {
    if (Atomics.exchange(this.#words, ASLEEP, 0) === 1) Atomics.notify(this.#words, ASLEEP)
  }

  /**
   * Sleeper: `hasWork` is asked again after ASLEEP is visible, so a record pushed in between is
   * either seen here or rings the bell.
   * @param timeoutMs `Infinity` to wait for the bell alone
   */
  sleep (timeoutMs: number, hasWork: () => boolean): void {
    Atomics.store(this.#words, ASLEEP, 1)
    if (!hasWork()) Atomics.wait(this.#words, ASLEEP, 1, timeoutMs)
    Atomics.store(this.#words, ASLEEP, 0)
  }

  /** Sleeper: waits without asking to be woken; producers stay free of the notify. */
  doze (timeoutMs: number): void {
    Atomics.wait(this.#words, ASLEEP, 0, timeoutMs)
  }
}

const PENDING = 0

/** Producer's side of a bell towards a thread with an event loop. */
export class LoopBell {
  readonly #words: Int32Array
  readonly #port: MessagePort

  constructor (memory: SharedArrayBuffer, port: MessagePort) {
    this.#words = new Int32Array(memory)
    this.#port = port
  }

  /** One message at most is under way, however many records were pushed. */
  ring (): void {
    if (Atomics.exchange(this.#words, PENDING, 1) === 0) this.#port.postMessage(0)
  }
}

// What one turn of the event loop may spend on a ring before others get theirs.
const MAX_RECORDS = 256
const MAX_MS = 1

/**
 * Consumer's side: runs `takeOne` until it says that nothing is left, in bounded slices. PENDING
 * says that a slice will come, by a message or by itself, so there is never more than one to come.
 */
export class LoopBellReceiver {
  readonly #words: Int32Array
  readonly #takeOne: () => boolean
  readonly #drain = (): void => { this.#takeSlice() }

  constructor (memory: SharedArrayBuffer, port: MessagePort, takeOne: () => boolean) {
    this.#words = new Int32Array(memory)
    this.#takeOne = takeOne
    port.on('message', this.#drain)
  }

  /** Runs a slice soon, as if the bell had rung: for what could not be taken a moment ago. */
  poke (): void {
    if (Atomics.exchange(this.#words, PENDING, 1) === 0) setImmediate(this.#drain)
  }

  #takeSlice (): void {
    // Cleared before draining: a push from now on rings again.
    Atomics.store(this.#words, PENDING, 0)
    const deadline = performance.now() + MAX_MS
    for (let taken = 0; taken < MAX_RECORDS; taken++) {
      if (!this.#takeOne()) return
      if ((taken & 15) === 15 && performance.now() > deadline) break
    }
    this.poke() // nobody needs to ring until then
  }
}
