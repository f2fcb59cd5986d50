/** Where an exchange goes. */
export type Target = 'gateway' | 'web' | 'mqtt' | 'udp'

export type Step =
  /** In TCP, or as a datagram where the target is UDP. */
  | { readonly do: 'send', readonly bytes: Buffer }
  /** Until the server has said this since the last wait, or for a second. */
  | { readonly do: 'await', readonly text: string }
  /** To the UDP port; `sealed` with the key that the hello over MQTT told. */
  | { readonly do: 'datagram', readonly bytes: Buffer, readonly sealed: boolean }
  | { readonly do: 'pause', readonly ms: number }
  /** FIN, or RST. */
  | { readonly do: 'hangUp' }
  | { readonly do: 'reset' }

/**
 * What an attacker sends over one connection, decided before the first byte of it leaves: so it can
 * be kept, and sent again.
 */
export interface Exchange {
  readonly kind: string
  readonly target: Target
  /** So many connections do the same at once. */
  readonly copies: number
  readonly steps: readonly Step[]
}

/** What stands in bytes for a token that only this server would take. */
export const VISION_TOKEN = '@VISION-TOKEN@'

export function exchange (kind: string, target: Target, steps: readonly Step[], copies = 1): Exchange {
  return { kind, target, copies, steps }
}

export function send (bytes: Uint8Array | string): Step { return { do: 'send', bytes: Buffer.from(bytes as Uint8Array) } }
export function awaits (text: string): Step { return { do: 'await', text } }
export function pause (ms: number): Step { return { do: 'pause', ms } }

/** As one line of JSON, without its end. */
export function formatExchange ({ kind, target, copies, steps }: Exchange): string {
  const written = steps.map(step => 'bytes' in step ? { ...step, bytes: step.bytes.toString('base64') } : step)
  return JSON.stringify({ kind, target, copies, steps: written })
}

/** @throws Error for a line that is no exchange */
export function parseExchange (line: string): Exchange {
  const { kind, target, copies, steps } = JSON.parse(line) as { kind?: unknown, target?: unknown, copies?: unknown, steps?: unknown }
  const isRight = typeof kind === 'string' && isTarget(target) && Number.isInteger(copies) && Array.isArray(steps)
  if (!isRight) throw new Error(`no input of an attacker: ${line.slice(0, 80)}`)
  return { kind, target, copies: Number(copies), steps: (steps as unknown[]).map(parseStep) }
}

function parseStep (value: unknown): Step {
  const step = value as { readonly do?: unknown, readonly bytes?: unknown }
  if (step.do !== 'send' && step.do !== 'datagram') return value as Step
  if (typeof step.bytes !== 'string') throw new Error('a step without its bytes')
  return { ...step, bytes: Buffer.from(step.bytes, 'base64') } as Step
}

function isTarget (value: unknown): value is Target {
  return value === 'gateway' || value === 'web' || value === 'mqtt' || value === 'udp'
}
