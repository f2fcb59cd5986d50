import { randomUUID } from 'node:crypto'
import type { Caller, Line } from './ports.js'
import { Session, type SessionParts } from './session.js'
import type { Due } from './patience.js'
import type { TurnTaking } from './turn-taking.js'

/** Half of the shortest time that a sweep must notice. */
const SWEEP_MS = 250
/** Who has no seat is looked at in one of so many sweeps: there are thousands of them. */
const SHARES = 8

/** Ends of sessions that time alone decided. */
type TimedEnd = Extract<Due, 'noHello' | 'dead' | 'blocked'>

/** All sessions of the process: by connection for the devices, by slot for the workers. */
export class SessionHub {
  readonly #parts: SessionParts
  /** By conversation, dealt out to the sweeps. */
  readonly #shares = Array.from({ length: SHARES }, () => new Map<number, Session>())
  readonly #bySlot = new Map<number, Session>()
  readonly #byDevice = new Map<string, Session>()
  readonly #sweeper: NodeJS.Timeout
  readonly #ends: Record<TimedEnd, number> = { noHello: 0, dead: 0, blocked: 0 }
  #conversations = 0
  #sweeps = 0

  constructor (parts: Omit<SessionParts, 'onAttached' | 'onDetached'>) {
    this.#parts = {
      ...parts,
      onAttached: (conversation, slot) => {
        const session = this.#shareOf(conversation).get(conversation)
        if (session !== undefined) this.#bySlot.set(slot, session)
      },
      onDetached: slot => { this.#bySlot.delete(slot) }
    }
    this.#sweeper = setInterval(() => { this.#sweep() }, SWEEP_MS)
    this.#sweeper.unref()
  }

  get count (): number { return this.#shares.reduce((sum, share) => sum + share.size, 0) }

  /** Sessions that ended because the device did not do its part, since the start. */
  get ends (): Readonly<Record<TimedEnd, number>> { return this.#ends }

  /** A device that connects again has lost its old connection, which may look alive from here. */
  open (caller: Caller, line: Line): Session {
    // Who only hears its code may not be the device that has a session.
    const isKnown = caller.deviceId !== '' && caller.activationCode === undefined
    const older = isKnown ? this.#byDevice.get(caller.deviceId) : undefined
    if (older !== undefined) {
      older.replaced()
      this.closed(older)
    }
    const session = new Session(randomUUID(), ++this.#conversations, caller, line, this.#parts)
    this.#shareOf(session.conversation).set(session.conversation, session)
    if (isKnown) this.#byDevice.set(caller.deviceId, session)
    return session
  }

  closed (session: Session): void {
    session.onClosed()
    this.#shareOf(session.conversation).delete(session.conversation)
    if (this.#byDevice.get(session.caller.deviceId) === session) this.#byDevice.delete(session.caller.deviceId)
  }

  inSlot (slot: number): TurnTaking | undefined { return this.#bySlot.get(slot)?.turns }

  ofDevice (deviceId: string): Session | undefined { return this.#byDevice.get(deviceId) }

  get sessions (): Iterable<Session> { return this.#shares.flatMap(share => [...share.values()]) }

  /** Closes every session; devices hear of it by a Close frame. */
  shutDown (): void {
    clearInterval(this.#sweeper)
    for (const session of this.sessions) session.shutDown()
    for (const share of this.#shares) share.clear()
    this.#byDevice.clear()
  }

  #sweep (): void {
    const now = this.#parts.clock.now()
    for (const session of this.#bySlot.values()) this.#look(session, now)
    const share = this.#shares[this.#sweeps++ % SHARES]!
    for (const session of share.values()) if (!session.turns.hasSeat) this.#look(session, now)
  }

  #look (session: Session, now: number): void {
    const due = session.sweep(now)
    if (due === 'noHello' || due === 'dead' || due === 'blocked') this.#ends[due]++
    if (session.isClosed) this.closed(session)
  }

  #shareOf (conversation: number): Map<number, Session> { return this.#shares[conversation % SHARES]! }
}
