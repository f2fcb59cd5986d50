import { assertNever } from '../core/errors.js'
import type { ListenMode } from '../protocol/device-message.js'

// One connected device, after its hello:
//
//          listen start                 end of speech              words
//   idle ---------------> listening ---------------> thinking --------------> speaking
//    ^                     ^  ^  |                     |  no words               |  |
//    |                     |  +--|---------------------+  (mic open)             |  |
//    |  listen stop        |     |                     |                         |  |
//    +---------------------|-----+   no words, abort   |                         |  |
//    +---------------------|---------------------------+                         |  |
//    +---------------------|-- spoken, abort (auto, manual: microphone is off) --+  |
//                          +-- spoken, abort, user speaks (realtime) ---------------+
//
// `detect` with a text goes to speaking from anywhere; so does a text that was waiting for the rest
// of what the user says.

export interface SessionState {
  readonly phase: 'idle' | 'listening' | 'thinking' | 'speaking'
  readonly mode: ListenMode
  /** Uplink audio goes to the voice worker. */
  readonly isMicOpen: boolean
  /** The voice worker hears speech that has not ended. */
  readonly isUserSpeaking: boolean
  /** A `detect` came and its `listen start` has not: that one belongs to it and interrupts nothing. */
  readonly isWoken: boolean
  /** Utterances that are being recognised, and how many of them nobody wants any more. */
  readonly recognising: number
  readonly unwanted: number
  /** Words of this turn so far: the user went on speaking before they could be answered. */
  readonly words: string
}

export type SessionEvent =
  | { readonly kind: 'listenStart', readonly mode: ListenMode }
  | { readonly kind: 'listenStop' }
  | { readonly kind: 'detect', readonly text: string }
  | { readonly kind: 'abort' }
  | { readonly kind: 'speechStarted' }
  | { readonly kind: 'endpoint', readonly isPartial: boolean }
  | { readonly kind: 'words', readonly text: string, readonly isPartial: boolean }
  | { readonly kind: 'recognitionFailed' }
  /** The user spoke, and the recogniser does not know the device's language. */
  | { readonly kind: 'notUnderstood' }
  /** `tts stop` was sent after the last audio. */
  | { readonly kind: 'spoken' }

export type SessionEffect =
  | { readonly kind: 'hear', readonly isManual: boolean }
  | { readonly kind: 'hearEnd' }
  | { readonly kind: 'deaf' }
  | { readonly kind: 'answer', readonly text: string }
  | { readonly kind: 'say', readonly prompt: 'apology' | 'language' }
  /** Stops the answer that is under way; one `tts stop` if it had started. */
  | { readonly kind: 'silence' }

export interface SessionStep { readonly state: SessionState, readonly effects: readonly SessionEffect[] }

export const initialSession: SessionState = {
  phase: 'idle', mode: 'auto', isMicOpen: false, isUserSpeaking: false, isWoken: false, recognising: 0, unwanted: 0, words: ''
}

/** What a session does next. Pure. */
export function reduceSession (state: SessionState, event: SessionEvent): SessionStep {
  switch (event.kind) {
    case 'listenStart': return onListenStart(state, event.mode)
    case 'listenStop': return onListenStop(state)
    case 'detect': return onDetect(state, event.text)
    case 'abort': return onAbort(state)
    case 'speechStarted': return onSpeechStarted(state)
    case 'endpoint': return onEndpoint(state, event.isPartial)
    case 'words': return onWords(state, event.text, event.isPartial)
    case 'recognitionFailed': return onRecognitionFailed(state)
    case 'notUnderstood': return say(state, 'language')
    case 'spoken': return step(state.phase === 'speaking' ? rest(state) : state)
    default: return assertNever(event)
  }
}

function onListenStart (state: SessionState, mode: ListenMode): SessionStep {
  if (state.isWoken && state.phase === 'speaking') {
    // The answer to the wake word goes on; in realtime mode the user may talk over it.
    if (mode !== 'realtime') return step({ ...state, mode, isWoken: false })
    return step({ ...state, mode, isWoken: false, isMicOpen: true }, { kind: 'hear', isManual: false })
  }
  const silence: SessionEffect[] = state.phase === 'speaking' ? [{ kind: 'silence' }] : []
  const next: SessionState = { ...forget(state), phase: 'listening', mode, isMicOpen: true, isWoken: false }
  return step(next, ...silence, { kind: 'hear', isManual: mode === 'manual' })
}

function onListenStop (state: SessionState): SessionStep {
  if (!state.isMicOpen) return step(state)
  return step({ ...state, phase: state.phase === 'listening' ? 'idle' : state.phase, isMicOpen: false }, { kind: 'hearEnd' })
}

function onDetect (state: SessionState, text: string): SessionStep {
  if (text.trim() === '') return step({ ...state, isWoken: true })
  const silence: SessionEffect[] = state.phase === 'speaking' ? [{ kind: 'silence' }] : []
  const { state: next, effects } = answer(forget(state), text)
  return step({ ...next, isWoken: true }, ...silence, ...effects)
}

function onAbort (state: SessionState): SessionStep {
  if (state.phase === 'speaking') return step(rest(forget(state)), { kind: 'silence' })
  if (state.phase === 'thinking') return step(rest(forget(state)))
  return step(state)
}

function onSpeechStarted (state: SessionState): SessionStep {
  const next: SessionState = { ...state, isUserSpeaking: true }
  if (state.phase !== 'speaking' || !state.isMicOpen) return step(next)
  return step({ ...next, phase: 'listening' }, { kind: 'silence' })
}

function onEndpoint (state: SessionState, isPartial: boolean): SessionStep {
  const phase = state.phase === 'speaking' || isPartial ? state.phase : 'thinking'
  return step({ ...state, phase, isUserSpeaking: isPartial, recognising: state.recognising + 1 })
}

function onWords (state: SessionState, text: string, isPartial: boolean): SessionStep {
  const next: SessionState = { ...state, recognising: state.recognising - 1 }
  if (state.unwanted > 0) return step({ ...next, unwanted: state.unwanted - 1 })
  const words = [state.words, text].filter(part => part !== '').join(' ')
  // Answering now would talk over the user, or leave out what is still being recognised.
  if (isPartial || state.isUserSpeaking || next.recognising > next.unwanted) return step({ ...next, words })
  if (words === '') return step(next.phase === 'thinking' ? rest(next) : next)
  const silence: SessionEffect[] = state.phase === 'speaking' ? [{ kind: 'silence' }] : []
  const { state: answered, effects } = answer({ ...next, words: '' }, words)
  return step(answered, ...silence, ...effects)
}

function onRecognitionFailed (state: SessionState): SessionStep {
  const next: SessionState = { ...state, recognising: state.recognising - 1 }
  if (state.unwanted > 0) return step({ ...next, unwanted: state.unwanted - 1 })
  if (state.phase !== 'thinking') return step(next)
  return say(next, 'apology')
}

function answer (state: SessionState, text: string): SessionStep {
  return speak(state, { kind: 'answer', text })
}

function say (state: SessionState, prompt: 'apology' | 'language'): SessionStep {
  return speak(state, { kind: 'say', prompt })
}

// In auto and manual mode the device closes its microphone while it speaks; frames that were under
// way already must not open the next turn.
function speak (state: SessionState, effect: SessionEffect): SessionStep {
  const next: SessionState = { ...state, phase: 'speaking', isUserSpeaking: false }
  if (state.mode === 'realtime' || !state.isMicOpen) return step(next, effect)
  return step({ ...next, isMicOpen: false }, { kind: 'deaf' }, effect)
}

function rest (state: SessionState): SessionState {
  return { ...state, phase: state.isMicOpen ? 'listening' : 'idle', isWoken: false }
}

function forget (state: SessionState): SessionState {
  return { ...state, words: '', unwanted: state.recognising }
}

function step (state: SessionState, ...effects: readonly SessionEffect[]): SessionStep {
  return { state, effects }
}
