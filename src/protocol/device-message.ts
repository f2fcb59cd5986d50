import { parseHello, type DeviceHello } from './device-hello.js'
import { isJsonObject, parseJson, textOf } from './json-object.js'

/** How the device decides that an utterance is over. */
export type ListenMode = 'auto' | 'manual' | 'realtime'

/** What a device says in JSON; `unknown` is anything that is not of use here. */
export type DeviceMessage =
  | { readonly kind: 'hello', readonly hello: DeviceHello }
  | { readonly kind: 'listenStart', readonly mode: ListenMode }
  | { readonly kind: 'listenStop' }
  | { readonly kind: 'listenDetect', readonly text: string }
  | { readonly kind: 'abort', readonly reason: string | undefined }
  | { readonly kind: 'goodbye' }
  | { readonly kind: 'ping' }
  /** It is ready for what a `speak_request` announced. */
  | { readonly kind: 'speakReady' }
  /** An operator's order, with the secret that allows it. */
  | { readonly kind: 'server', readonly action: string, readonly secret: string }
  /** `mcp` or `iot`: not read here (protocol/tool-message.ts does). */
  | { readonly kind: 'tools' }
  | { readonly kind: 'unknown', readonly why: string }

const TEXT_KEY = '"text":"'

// Lists of tools have 8 KB and more, and another thread reads them: here the beginning is enough.
const TOOLS = /^\s*\{\s*(?:"session_id"\s*:\s*"[^"]{0,100}"\s*,\s*)?"type"\s*:\s*"(?:mcp|iot)"/

const MODES: ReadonlySet<unknown> = new Set<ListenMode>(['auto', 'manual', 'realtime'])

/**
 * Reads one text message. Firmware builds its JSON by concatenation and does not escape, so nothing
 * here throws: what cannot be read is `unknown`, and the connection goes on.
 */
export function parseDeviceMessage (raw: string): DeviceMessage {
  if (TOOLS.test(raw)) return { kind: 'tools' }
  const value = parseJson(raw) ?? parseUnescaped(raw)
  if (value === undefined) return { kind: 'unknown', why: 'not JSON' }
  if (!isJsonObject(value)) return { kind: 'unknown', why: 'not an object' }
  switch (value['type']) {
    case 'hello': return { kind: 'hello', hello: parseHello(value) }
    case 'listen': return parseListen(value)
    case 'abort': return { kind: 'abort', reason: textOf(value['reason']) }
    case 'mcp':
    case 'iot': return { kind: 'tools' }
    case 'goodbye': return { kind: 'goodbye' }
    case 'ping': return { kind: 'ping' }
    case 'speak_ready': return { kind: 'speakReady' }
    case 'server': return parseServer(value)
    default: return { kind: 'unknown', why: `type ${shown(value['type'])}` }
  }
}

/** The text comes last in what firmware writes: whatever is in it ends before the last quote. */
function parseUnescaped (raw: string): unknown {
  const at = raw.indexOf(TEXT_KEY)
  if (at < 0 || !raw.endsWith('"}')) return undefined
  const value = parseJson(`${raw.slice(0, at)}${TEXT_KEY}"}`)
  return isJsonObject(value) ? { ...value, text: raw.slice(at + TEXT_KEY.length, -2) } : undefined
}

function parseListen (message: Readonly<Record<string, unknown>>): DeviceMessage {
  switch (message['state']) {
    // A mode that we do not know still means that the microphone is on.
    case 'start': return { kind: 'listenStart', mode: MODES.has(message['mode']) ? message['mode'] as ListenMode : 'auto' }
    case 'stop': return { kind: 'listenStop' }
    case 'detect': return { kind: 'listenDetect', text: textOf(message['text']) ?? '' }
    default: return { kind: 'unknown', why: `listen state ${shown(message['state'])}` }
  }
}

function parseServer (message: Readonly<Record<string, unknown>>): DeviceMessage {
  const content = message['content']
  const secret = isJsonObject(content) ? content['secret'] : undefined
  return { kind: 'server', action: textOf(message['action']) ?? '', secret: textOf(secret) ?? '' }
}

// Not as JSON: what is nested ten thousand times was read, but its writing would throw.
function shown (value: unknown): string { return typeof value === 'string' ? `"${value.slice(0, 100)}"` : typeof value }
