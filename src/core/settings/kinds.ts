import { Type } from '@sinclair/typebox'

type Choice = string | number

export interface Limits { readonly minimum?: number, readonly maximum?: number }

export const CPU_NICE = { minimum: 0, maximum: 19 } as const
export const PORT = { minimum: 0, maximum: 65535 } as const
export const THREADS = { minimum: 0, maximum: 256 } as const
export const PATIENCE_MS = { minimum: 100, maximum: 600000 } as const

export function group<const T extends Parameters<typeof Type.Object>[0]> (description: string, properties: T) {
  return Type.Object(properties, { additionalProperties: false, description })
}

export function text (value: string, description: string, minLength = 0) {
  return Type.String({ default: value, description, minLength })
}

export function texts (value: readonly string[], description: string) {
  return Type.Array(Type.String({ minLength: 1 }), { default: [...value], description })
}

/** Each one with a bar in it: what stands for what. */
export function pairs (description: string) {
  return Type.Array(Type.String({ pattern: '^[^|]+\\|', expects: 'two texts with | between them' }), { default: [], description })
}

/** Each one with its share of the whole. */
export function shares (description: string) {
  return Type.Array(Type.String({ pattern: '^[^|]+\\|\\d+(\\.\\d+)?$', expects: 'a text, | and a number' }), { default: [], description })
}

export function address (value: string, description: string) {
  return Type.String({ default: value, description, pattern: '^(https?://[^\\s]+)?$', expects: 'an http:// or https:// address, or nothing' })
}

export function socketAddress (description: string) {
  return Type.String({ default: '', description, pattern: '^(wss?://[^\\s]+)?$', expects: 'a ws:// or wss:// address, or nothing' })
}

export function socketUrl (value: string, description: string) {
  return Type.String({ default: value, description, pattern: '^wss?://[^\\s]+$', expects: 'a ws:// or wss:// address' })
}

export function mqttAddress (value: string, description: string) {
  return Type.String({ default: value, description, pattern: '^(mqtts?://[^\\s]+)?$', expects: 'an mqtt:// or mqtts:// address, or nothing' })
}

export function language (value: string, description: string) {
  return Type.String({ default: value, description, pattern: '^(device|[a-z]{2,3})?$', expects: 'a language as in "en", or device, or nothing' })
}

export function secret (description: string) {
  return Type.String({ default: '', description, secret: true })
}

export function boolean (value: boolean, description: string) {
  return Type.Boolean({ default: value, description })
}

export function integer (value: number, description: string, limits: Limits) {
  return Type.Integer({ default: value, description, ...limits })
}

export function number (value: number, description: string, limits: Limits) {
  return Type.Number({ default: value, description, ...limits })
}

// A plain JSON Schema `enum`, so that a refusal can list the choices.
export function choice<const T extends readonly Choice[]> (values: T, value: T[number], description: string) {
  return Type.Unsafe<T[number]>({ type: typeof value, enum: values, default: value, description })
}

export function namesOf<const T extends object> (table: T): Array<keyof T & string> {
  return Object.keys(table) as Array<keyof T & string>
}
