import type { ByteRing } from '../ring/byte-ring.js'
import { Outbox, type Bell } from '../ring/outbox.js'
import type { RecordHeader } from '../ring/record-header.js'

/** How soon a full ring is looked at again; a worker empties it within a few of these. */
const RETRY_MS = 5

const NO_PAYLOAD: Uint8Array = new Uint8Array(0)

/**
 * The gateway's way to one worker. What steers a seat is never lost: where the ring is full it
 * waits here, in order, and is tried again. Frames are refused then.
 */
export class WorkerLine {
  readonly #outbox: Outbox
  readonly #retry = (): void => {
    this.#timer = undefined
    this.#flush()
  }

  #timer: NodeJS.Timeout | undefined

  constructor (ring: ByteRing, bell: Bell) {
    this.#outbox = new Outbox(ring, bell)
  }

  /** Control: never lost, order kept. */
  send (kind: number, flags: number, slot: number, generation: number, turn: number, payload = NO_PAYLOAD, time = 0): void {
    this.#outbox.send(kind, flags, slot, generation, turn, payload, 0, time)
    this.#flush()
  }

  /** @returns false when there is no room, and then the frame is lost */
  pushFrame (header: RecordHeader, packet: Uint8Array): boolean {
    const isTaken = this.#outbox.push(header, packet)
    this.#flush()
    return isTaken
  }

  /** The worker is gone; so is what waits for it. */
  close (): void { clearTimeout(this.#timer) }

  #flush (): void {
    this.#outbox.flush()
    if (this.#outbox.isHeldUp) this.#timer ??= setTimeout(this.#retry, RETRY_MS)
  }
}
