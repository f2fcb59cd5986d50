/** How the device decides that an utterance is over. */
export type ListenMode = 'auto' | 'manual' | 'realtime'

/** What a device says in JSON; `unknown` is anything that is not of use here. */
export type DeviceMessage =
  | { readonly kind: 'hello', readonly version: number | undefined }
  | { readonly kind: 'listenStart', readonly mode: ListenMode }
  | { readonly kind: 'listenStop' }
  | { readonly kind: 'listenDetect', readonly text: string }
  | { readonly kind: 'abort', readonly reason: string | undefined }
  | { readonly kind: 'unknown', readonly why: string }

const MODES: ReadonlySet<unknown> = new Set<ListenMode>(['auto', 'manual', 'realtime'])

/**
 * Reads one text message. Firmware builds its JSON by concatenation and does not escape, so nothing
 * here throws: what cannot be read is `unknown`, and the connection goes on.
 */
export function parseDeviceMessage (raw: string): DeviceMessage {
  let value: unknown
  try {
    value = JSON.parse(raw)
  } catch {
    return { kind: 'unknown', why: 'not JSON' }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'unknown', why: 'not an object' }
  const message = value as Readonly<Record<string, unknown>>
  switch (message['type']) {
    case 'hello': return { kind: 'hello', version: typeof message['version'] === 'number' ? message['version'] : undefined }
    case 'listen': return parseListen(message)
    case 'abort': return { kind: 'abort', reason: textOf(message['reason']) }
    default: return { kind: 'unknown', why: `type ${JSON.stringify(message['type'])}` }
  }
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

function textOf (value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
