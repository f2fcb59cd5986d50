// hot path
import type { ByteRing } from './byte-ring.js'
import { RecordHeader } from './record-header.js'

/** Wakes the thread at the other end of the ring. */
export interface Bell { ring (): void }

interface Waiting { readonly header: RecordHeader, readonly payload: Uint8Array }

const NO_PAYLOAD: Uint8Array = new Uint8Array(0)

/** One thread's way to another. Control records that find the ring full wait here, in order. */
export class Outbox {
  readonly #ring: ByteRing
  readonly #bell: Bell
  readonly #header = new RecordHeader()
  #waiting: Waiting[] = []
  #hasNews = false
  /** News that nobody has to take at once. */
  #hasPatientNews = false

  constructor (ring: ByteRing, bell: Bell) {
    this.#ring = ring
    this.#bell = bell
  }

  /** Does a control record wait for room? Then `flush` must be called again soon. */
  get isHeldUp (): boolean { return this.#waiting.length > 0 }

  hasRoom (kind: number, bytes: number): boolean {
    return this.#waiting.length === 0 && this.#ring.hasRoom(kind, bytes)
  }

  /**
   * Audio: refused when there is no room (ask `hasRoom` first where it must not be lost).
   * @param isPatient it may lie there until a `flush` that is for all
   */
  push (header: RecordHeader, payload: Uint8Array, isPatient = false): boolean {
    if (this.#waiting.length > 0 || !this.#ring.push(header, payload, payload.length)) return false
    if (isPatient) this.#hasPatientNews = true
    else this.#hasNews = true
    return true
  }

  /** Control: never lost, order kept. */
  send (kind: number, flags: number, slot: number, generation: number, turn: number, payload = NO_PAYLOAD, sequence = 0, time = 0): void {
    const header = this.#header.set(kind, slot, generation, turn)
    header.flags = flags
    header.sequence = sequence
    header.time = time
    if (this.push(header, payload)) return
    this.#waiting.push({ header: Object.assign(new RecordHeader(), header), payload: payload.slice() })
  }

  /**
   * Call once per pass: moves what waits, then rings the bell if anything was pushed.
   * @param isForAll also for what is patient; call it so within the time that this may wait
   */
  flush (isForAll = true): void {
    while (this.#waiting.length > 0) {
      const { header, payload } = this.#waiting[0]!
      if (!this.#ring.push(header, payload, payload.length)) break
      this.#waiting.shift()
      this.#hasNews = true
    }
    if (!this.#hasNews && !(isForAll && this.#hasPatientNews)) return
    this.#hasNews = false
    this.#hasPatientNews = false
    this.#bell.ring()
  }
}
