import type { Order, Subtitle } from '../core/orders.js'
import { isJsonObject, parseJson, textOf } from './json-object.js'

/** As much as a device holds of one text. */
const MAX_TEXT_CHARACTERS = 1000
const MAX_SUBTITLES = 100

/**
 * Reads an operator's order.
 * @returns a text that says what is wrong with it
 */
export function parseOrder (body: string): Order | string {
  const value = parseJson(body)
  if (!isJsonObject(value)) return 'the body is no JSON object'
  switch (value['kind']) {
    case 'speak': return parseSpeak(value)
    case 'notify': return parseNotify(value)
    case 'alert': return parseAlert(value)
    case 'reboot': return { kind: 'reboot' }
    case 'custom': return isJsonObject(value['payload']) ? { kind: 'custom', payload: value['payload'] } : '"payload" is no JSON object'
    default: return '"kind" is none of speak, notify, alert, reboot, custom'
  }
}

function parseSpeak (value: Readonly<Record<string, unknown>>): Order | string {
  const text = shortText(value['text'])
  return text === undefined ? `"text" is no text of 1 to ${MAX_TEXT_CHARACTERS} characters` : { kind: 'speak', text }
}

function parseNotify (value: Readonly<Record<string, unknown>>): Order | string {
  const audioUrl = textOf(value['audioUrl']) ?? ''
  if (!/^https?:\/\/[^\s]{1,1000}$/.test(audioUrl)) return '"audioUrl" is no http:// or https:// address'
  const given = value['subtitles'] ?? []
  if (!Array.isArray(given) || given.length > MAX_SUBTITLES || !given.every(isSubtitle)) {
    return `"subtitles" is no list of at most ${MAX_SUBTITLES} objects with "start_ms" and "text"`
  }
  return { kind: 'notify', audioUrl, subtitles: given.map(({ start_ms, text }) => ({ start_ms, text })) }
}

function parseAlert (value: Readonly<Record<string, unknown>>): Order | string {
  const [status, message, emotion] = [shortText(value['status']), shortText(value['message']), shortText(value['emotion'] ?? 'neutral')]
  if (status === undefined || message === undefined || emotion === undefined) return '"status", "message" and "emotion" must be texts'
  return { kind: 'alert', alert: { status, message, emotion } }
}

function isSubtitle (value: unknown): value is Subtitle {
  return isJsonObject(value) && Number.isSafeInteger(value['start_ms']) && Number(value['start_ms']) >= 0 && shortText(value['text']) !== undefined
}

function shortText (value: unknown): string | undefined {
  const text = textOf(value)?.trim()
  return text === undefined || text === '' || text.length > MAX_TEXT_CHARACTERS ? undefined : text
}
