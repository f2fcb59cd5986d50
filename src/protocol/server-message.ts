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
  return JSON.stringify({ type: 'stt', text: cut(text), session_id: sessionId })
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

/**
 * A text that every firmware ignores, for a connection that would be closed for its silence: a
 * request would be answered.
 */
export function keepAliveMessage (): string {
  return '{"type":"mcp","payload":{"jsonrpc":"2.0","method":"notifications/keepalive"}}'
}

function cut (text: string): string {
  if (text.length <= MAX_SENTENCE_CHARACTERS) return text
  return Array.from(text).slice(0, MAX_SENTENCE_CHARACTERS).join('') // never half a surrogate pair
}
