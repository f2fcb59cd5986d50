import type { Config } from '../core/config-schema.js'
import type { SessionState } from './session-machine.js'

/** When things last happened in a session, in ms of the monotonic clock; 0: not yet. */
export interface SessionTimes {
  openedAt: number
  /** Somebody did something: a message, speech, the end of an answer. */
  activeAt: number
  /** Audio came, or the microphone was opened. */
  frameAt: number
  /** A question was asked that has no audio yet. */
  askedAt: number
  /** The device was sent anything. */
  sentAt: number
}

/** What only the passing of time can tell. */
export type Due =
  | 'noHello'
  /** A device that listens sends audio all the time. */
  | 'dead'
  /** One that speaks takes what it is sent. */
  | 'blocked'
  /** Nobody spoke for long. */
  | 'idle'
  /** An answer has no audio yet. */
  | 'noAnswer'
  /** Somebody was speaking, and audio stopped coming. */
  | 'gap'
  /** The device takes a connection that is silent for 120 s for a broken one. */
  | 'keepAlive'
  | 'seatUnused'

export interface SessionFacts {
  readonly hasHello: boolean
  readonly state: SessionState
  /** Nothing of the conversation is under way anywhere. */
  readonly isAtRest: boolean
  /** The socket takes nothing any more. */
  readonly isBlocked: boolean
  readonly hasSeat: boolean
}

/** The most urgent thing that is due, if any. Pure. */
export function whatIsDue (facts: SessionFacts, times: SessionTimes, now: number, config: Config): Due | undefined {
  const { gateway, hearing, session } = config
  if (!facts.hasHello) return now - times.openedAt > gateway.helloTimeoutMs ? 'noHello' : undefined
  const { phase, mode, isMicOpen, isUserSpeaking } = facts.state
  const isStreaming = isMicOpen && phase === 'listening' && mode !== 'manual'
  if (isStreaming && now - times.frameAt > session.silentCloseMs) return 'dead'
  if (facts.isBlocked && now - times.sentAt > session.silentCloseMs) return 'blocked'
  // A button that is held down is nobody's absence, as long as audio comes.
  const isHeld = isMicOpen && mode === 'manual' && now - times.frameAt <= session.silentCloseMs
  const isQuiet = (phase === 'idle' || phase === 'listening') && !isUserSpeaking && !isHeld
  if (isQuiet && now - times.activeAt > (phase === 'idle' ? session.restCloseMs : session.idleCloseMs)) return 'idle'
  if (times.askedAt > 0 && now - times.askedAt > session.turnTimeoutMs) return 'noAnswer'
  if (isUserSpeaking && isMicOpen && now - times.frameAt > hearing.gapMs) return 'gap'
  if (now - times.sentAt > session.keepAliveMs) return 'keepAlive'
  return facts.hasSeat && facts.isAtRest && now - times.activeAt > session.seatLeaseMs ? 'seatUnused' : undefined
}

/** Thousands of devices are at rest: one of them may be this much later to be noticed. */
const REST_MS = 8000

/**
 * When somebody at rest has to be looked at again, at the latest, given that nothing is due: the
 * times of what can be due then only move away. Pure.
 */
export function quietUntil ({ hasHello, state, isBlocked }: SessionFacts, times: SessionTimes, now: number, { session }: Config): number {
  if (!hasHello || isBlocked || state.phase !== 'idle' || times.askedAt > 0) return 0
  return Math.min(now + REST_MS, times.activeAt + session.restCloseMs, times.sentAt + session.keepAliveMs)
}
