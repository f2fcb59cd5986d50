import { assertNever } from '../core/errors.js'
import type { ListenMode } from '../protocol/device-message.js'
import type { PromptName } from './ports.js'

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
  /** A `detect` is being answered; its `listen start` is still to come and interrupts nothing. */
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
  /** A wake word; greeted in this language. */
  | { readonly kind: 'woken', readonly language: string }
  | { readonly kind: 'abort' }
  | { readonly kind: 'speechStarted' }
  /** Who speaks is no echo and means to interrupt. */
  | { readonly kind: 'bargeIn' }
  /** What was said over the answer was nobody; `isPartial`: it goes on. */
  | { readonly kind: 'ignored', readonly isPartial: boolean }
  | { readonly kind: 'endpoint', readonly isPartial: boolean }
  | { readonly kind: 'words', readonly text: string, readonly isPartial: boolean }
  | { readonly kind: 'recognitionFailed' }
  /** The user spoke, and the recogniser does not know the device's language. */
  | { readonly kind: 'notUnderstood' }
  /** The server speaks first; a device that is busy is left alone. */
  | { readonly kind: 'announce', readonly text: string }
  | { readonly kind: 'farewell' }
  /** `tts stop` was sent after the last audio. */
  | { readonly kind: 'spoken' }

export type SessionEffect =
  | { readonly kind: 'hear', readonly isManual: boolean }
  | { readonly kind: 'hearEnd' }
  | { readonly kind: 'deaf' }
  | { readonly kind: 'answer', readonly text: string }
  | { readonly kind: 'announce', readonly text: string }
  /** `language`: another one than that of the device. */
  | { readonly kind: 'say', readonly prompt: PromptName, readonly language?: string }
  /** What was said until now need not be recognised any more. */
  | { readonly kind: 'unheard' }
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
    case 'woken': return onWoken(state, event.language)
    case 'abort': return onAbort(state)
    // On its way already when the microphone was closed: no end of it would follow.
    case 'speechStarted': return step(state.isMicOpen ? { ...state, isUserSpeaking: true } : state)
    case 'bargeIn': return onBargeIn(state)
    case 'ignored': return step({ ...state, isUserSpeaking: state.isUserSpeaking && event.isPartial })
    case 'endpoint': return onEndpoint(state, event.isPartial)
    case 'words': return onWords(state, event.text, event.isPartial)
    case 'recognitionFailed': return onRecognitionFailed(state)
    case 'notUnderstood': return onNotUnderstood(state)
    case 'announce': return isFree(state) ? speak(state, { kind: 'announce', text: event.text }) : step(state)
    case 'farewell': return isFree(state) ? say(state, 'goodbye') : step(state)
    case 'spoken': return step(state.phase === 'speaking' ? rest(state) : state)
    default: return assertNever(event)
  }
}

function onListenStart (state: SessionState, mode: ListenMode): SessionStep {
  if (state.isWoken && mode !== 'manual') {
    // The answer to the wake word goes on; in realtime mode the user may talk over it.
    const next: SessionState = { ...state, mode, isWoken: false, isMicOpen: mode === 'realtime' }
    if (mode === 'realtime') return step(next, { kind: 'hear', isManual: false })
    return state.isMicOpen ? step(next, { kind: 'deaf' }) : step(next)
  }
  const silence: SessionEffect[] = state.phase === 'speaking' ? [{ kind: 'silence' }] : []
  // To hear afresh is to drop what was being said: nothing will end that any more.
  const next: SessionState = { ...rest(forget({ ...state, isMicOpen: true })), mode, isUserSpeaking: false }
  return step(next, ...silence, { kind: 'hear', isManual: mode === 'manual' })
}

function onListenStop (state: SessionState): SessionStep {
  if (!state.isMicOpen) return step(state)
  return step({ ...state, phase: state.phase === 'listening' ? 'idle' : state.phase, isMicOpen: false }, { kind: 'hearEnd' })
}

function onDetect (state: SessionState, text: string): SessionStep {
  if (text.trim() === '') return step(state)
  const silence: SessionEffect[] = state.phase === 'speaking' ? [{ kind: 'silence' }] : []
  const { state: next, effects } = answer(forget(state), text)
  return step({ ...next, isWoken: true }, ...silence, ...effects)
}

function onWoken (state: SessionState, language: string): SessionStep {
  const silence: SessionEffect[] = state.phase === 'speaking' ? [{ kind: 'silence' }] : []
  const { state: next, effects } = speak(forget(state), { kind: 'say', prompt: 'greeting', language })
  return step({ ...next, isWoken: true }, ...silence, ...effects)
}

function onAbort (state: SessionState): SessionStep {
  if (state.phase === 'speaking') return step(rest(forget(state)), { kind: 'silence' })
  if (state.phase === 'thinking') return step(rest(forget(state)), { kind: 'unheard' })
  return step(state)
}

function onBargeIn (state: SessionState): SessionStep {
  if (state.phase !== 'speaking' || !state.isMicOpen || !state.isUserSpeaking) return step(state)
  return step(rest(state), { kind: 'silence' })
}

function onEndpoint (state: SessionState, isPartial: boolean): SessionStep {
  const phase = state.phase === 'speaking' || isPartial ? state.phase : 'thinking'
  return step({ ...state, phase, isUserSpeaking: isPartial && state.isMicOpen, recognising: state.recognising + 1 })
}

function onWords (state: SessionState, text: string, isPartial: boolean): SessionStep {
  if (state.recognising === 0) return step(state)
  const next: SessionState = { ...state, recognising: state.recognising - 1 }
  if (state.unwanted > 0) return step({ ...next, unwanted: state.unwanted - 1 })
  const words = [state.words, text].filter(part => part !== '').join(' ')
  // Answering now would talk over the user, or leave out what is still being recognised.
  if (isPartial || state.isUserSpeaking || next.recognising > 0) return step({ ...next, words })
  if (words === '') return step(next.phase === 'thinking' ? rest(next) : next)
  const silence: SessionEffect[] = state.phase === 'speaking' ? [{ kind: 'silence' }] : []
  const { state: answered, effects } = answer({ ...next, words: '' }, words)
  return step(answered, ...silence, ...effects)
}

function onRecognitionFailed (state: SessionState): SessionStep {
  // What else the user said, or is saying, is answered; an apology would take its place.
  const hasMore = state.isUserSpeaking || state.words !== '' || state.recognising !== 1
  if (state.phase !== 'thinking' || state.unwanted > 0 || hasMore) return onWords(state, '', false)
  return say({ ...state, recognising: 0 }, 'apology')
}

function onNotUnderstood (state: SessionState): SessionStep {
  // The end of something said before the microphone was closed: an answer is being heard already.
  return state.phase === 'speaking' ? step(state) : say(state, 'language')
}

/** Nobody speaks and nothing is being understood. */
export function isFree (state: SessionState): boolean {
  return (state.phase === 'idle' || state.phase === 'listening') && !state.isUserSpeaking && state.recognising === 0
}

function answer (state: SessionState, text: string): SessionStep {
  return speak(state, { kind: 'answer', text })
}

function say (state: SessionState, prompt: PromptName): SessionStep {
  return speak(state, { kind: 'say', prompt })
}

// In auto and manual mode the device closes its microphone while it speaks; frames that were under
// way already must not open the next turn.
function speak (state: SessionState, effect: SessionEffect): SessionStep {
  const next: SessionState = { ...state, phase: 'speaking', isUserSpeaking: false, isWoken: false }
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
