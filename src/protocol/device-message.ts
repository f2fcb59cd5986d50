import { parseHello, type DeviceHello } from './device-hello.js'

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
  | { readonly kind: 'unknown', readonly why: string }

const TEXT_KEY = '"text":"'

const MODES: ReadonlySet<unknown> = new Set<ListenMode>(['auto', 'manual', 'realtime'])

/**
 * Reads one text message. Firmware builds its JSON by concatenation and does not escape, so nothing
 * here throws: what cannot be read is `unknown`, and the connection goes on.
 */
export function parseDeviceMessage (raw: string): DeviceMessage {
  const value = parseJson(raw) ?? parseUnescaped(raw)
  if (value === undefined) return { kind: 'unknown', why: 'not JSON' }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'unknown', why: 'not an object' }
  const message = value as Readonly<Record<string, unknown>>
  switch (message['type']) {
    case 'hello': return { kind: 'hello', hello: parseHello(message) }
    case 'listen': return parseListen(message)
    case 'abort': return { kind: 'abort', reason: textOf(message['reason']) }
    case 'goodbye': return { kind: 'goodbye' }
    case 'ping': return { kind: 'ping' }
    case 'speak_ready': return { kind: 'speakReady' }
    case 'server': return parseServer(message)
    default: return { kind: 'unknown', why: `type ${JSON.stringify(message['type'])}` }
  }
}

function parseJson (raw: string): unknown {
  try {
    return JSON.parse(raw) as unknown
  } catch {
    return undefined
  }
}

/** The text comes last in what firmware writes: whatever is in it ends before the last quote. */
function parseUnescaped (raw: string): unknown {
  const at = raw.indexOf(TEXT_KEY)
  if (at < 0 || !raw.endsWith('"}')) return undefined
  const value = parseJson(`${raw.slice(0, at)}${TEXT_KEY}"}`)
  return typeof value === 'object' && value !== null ? { ...value, text: raw.slice(at + TEXT_KEY.length, -2) } : undefined
}

function parseListen (message: Readonly<Record<string, unknown>>): DeviceMessage {
  switch (message['state']) {
    // A mode that we do not know still means that the microphone is on.
    case 'start': return { kind: 'listenStart', mode: MODES.has(message['mode']) ? message['mode'] as ListenMode : 'auto' }
    case 'stop': return { kind: 'listenStop' }
    case 'detect': return { kind: 'listenDetect', text: textOf(message['text']) ?? '' }
    default: return { kind: 'unknown', why: `listen state ${JSON.stringify(message['state'])}` }
  }
}

function parseServer (message: Readonly<Record<string, unknown>>): DeviceMessage {
  const content = message['content']
  const secret = typeof content === 'object' && content !== null ? (content as Record<string, unknown>)['secret'] : undefined
  return { kind: 'server', action: textOf(message['action']) ?? '', secret: textOf(secret) ?? '' }
}

function textOf (value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
