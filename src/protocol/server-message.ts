import type { Alert, Subtitle } from '../core/orders.js'
import { shownQuestion } from './question-text.js'

/** The device holds a text message in memory three times: a sentence longer than this is cut. */
const MAX_SENTENCE_CHARACTERS = 1000

export interface AudioParams { readonly sampleRateHz: number, readonly frameMs: number }

/** `transport` must be there: without it the firmware reads a null pointer. */
export function helloMessage (sessionId: string, audio: AudioParams): string {
  return JSON.stringify({
    type: 'hello',
    version: 1,
    transport: 'websocket',
    audio_params: { format: 'opus', sample_rate: audio.sampleRateHz, channels: 1, frame_duration: audio.frameMs },
    session_id: sessionId
  })
}

export function sttMessage (sessionId: string, text: string): string {
  return JSON.stringify({ type: 'stt', text: cut(shownQuestion(text)), session_id: sessionId })
}

/** Firmware before 2.4 crashes on a `tts` message without `state`. */
export function ttsMessage (sessionId: string, state: 'start' | 'stop'): string {
  return JSON.stringify({ type: 'tts', state, session_id: sessionId })
}

export function sentenceMessage (sessionId: string, text: string): string {
  return JSON.stringify({ type: 'tts', state: 'sentence_start', session_id: sessionId, text: cut(text) })
}

export function emotionMessage (sessionId: string, emotion: string, emoji: string): string {
  return JSON.stringify({ type: 'llm', text: emoji, emotion, session_id: sessionId })
}

/** All three are always sent: firmware shows nothing else. */
export function alertMessage (sessionId: string, { status, message, emotion }: Alert): string {
  return JSON.stringify({ type: 'alert', status: cut(status), message: cut(message), emotion, session_id: sessionId })
}

/** The one command that firmware knows. */
export function rebootMessage (sessionId: string): string {
  return JSON.stringify({ type: 'system', command: 'reboot', session_id: sessionId })
}

/** Shown as it is by firmware that was built to receive it. */
export function customMessage (sessionId: string, payload: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ type: 'custom', payload, session_id: sessionId })
}

/** A device that is idle fetches the Ogg Opus file and plays it; firmware of 2.5 and later. */
export function notifyMessage (audioUrl: string, subtitles: readonly Subtitle[]): string {
  return JSON.stringify({ type: 'notify', audio_url: audioUrl, ...(subtitles.length > 0 ? { subtitles } : {}) })
}

/** Asks an idle device to open its audio channel, and not to listen; it answers `speak_ready`. */
export function speakRequestMessage (sessionId: string, text: string): string {
  return JSON.stringify({ type: 'speak_request', text: cut(text), auto_listen: false, session_id: sessionId })
}

export function pongMessage (now: Date): string {
  const text = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString()
  return JSON.stringify({ type: 'pong', timestamp: text.slice(0, 19).replace('T', ' ') })
}

/** Ignored by every firmware, and counts as life of the connection there. */
export function keepAliveMessage (hasMcp: boolean): string {
  if (!hasMcp) return JSON.stringify({ type: 'keepalive' })
  return JSON.stringify({ type: 'mcp', payload: { jsonrpc: '2.0', method: 'notifications/keepalive' } })
}

/** The answer to an operator's order over the socket, in the shape of the replaced server. */
export function serverMessage (isDone: boolean, message: string, action?: string): string {
  return JSON.stringify({ type: 'server', status: isDone ? 'success' : 'error', message, ...(action === undefined ? {} : { content: { action } }) })
}

function cut (text: string): string {
  if (text.length <= MAX_SENTENCE_CHARACTERS) return text
  return Array.from(text).slice(0, MAX_SENTENCE_CHARACTERS).join('') // never half a surrogate pair
}
