import { randomUUID } from 'node:crypto'
import type { Caller, Line } from './ports.js'
import { Session, type SessionParts } from './session.js'
import type { Due } from './patience.js'
import type { TurnTaking } from './turn-taking.js'

/** Half of the shortest time that a sweep must notice. */
const SWEEP_MS = 250
/** Who is at rest is looked at in one of so many sweeps: there are thousands of them. */
const SWEEPS_OF_REST = 4

/** Ends of sessions that time alone decided. */
type TimedEnd = Extract<Due, 'noHello' | 'dead' | 'blocked'>

/** All sessions of the process: by connection for the devices, by slot for the workers. */
export class SessionHub {
  readonly #parts: SessionParts
  readonly #sessions = new Set<Session>()
  readonly #bySlot = new Map<number, TurnTaking>()
  readonly #byDevice = new Map<string, Session>()
  readonly #sweeper: NodeJS.Timeout
  readonly #ends: Record<TimedEnd, number> = { noHello: 0, dead: 0, blocked: 0 }
  #conversations = 0
  #sweeps = 0

  constructor (parts: Omit<SessionParts, 'onAttached' | 'onDetached'>) {
    this.#parts = {
      ...parts,
      onAttached: (turns, slot) => { this.#bySlot.set(slot, turns) },
      onDetached: slot => { this.#bySlot.delete(slot) }
    }
    this.#sweeper = setInterval(() => { this.#sweep() }, SWEEP_MS)
    this.#sweeper.unref()
  }

  get count (): number { return this.#sessions.size }

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
    this.#sessions.add(session)
    if (isKnown) this.#byDevice.set(caller.deviceId, session)
    return session
  }

  closed (session: Session): void {
    session.onClosed()
    this.#sessions.delete(session)
    if (this.#byDevice.get(session.caller.deviceId) === session) this.#byDevice.delete(session.caller.deviceId)
  }

  inSlot (slot: number): TurnTaking | undefined { return this.#bySlot.get(slot) }

  ofDevice (deviceId: string): Session | undefined { return this.#byDevice.get(deviceId) }

  get sessions (): Iterable<Session> { return this.#sessions }

  /** Closes every session; devices hear of it by a Close frame. */
  shutDown (): void {
    clearInterval(this.#sweeper)
    for (const session of this.#sessions) session.shutDown()
    this.#sessions.clear()
    this.#byDevice.clear()
  }

  #sweep (): void {
    const now = this.#parts.clock.now()
    const turn = ++this.#sweeps % SWEEPS_OF_REST
    for (const session of this.#sessions) {
      if (session.isResting && session.conversation % SWEEPS_OF_REST !== turn) continue
      const due = session.sweep(now)
      if (due === 'noHello' || due === 'dead' || due === 'blocked') this.#ends[due]++
      if (session.isClosed) this.closed(session)
    }
  }
}
