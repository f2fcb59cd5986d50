import { Type } from '@sinclair/typebox'

type Choice = string | number

interface Limits { readonly minimum?: number, readonly maximum?: number }

export function group<const T extends Parameters<typeof Type.Object>[0]> (description: string, properties: T) {
  return Type.Object(properties, { additionalProperties: false, description })
}

export function text (value: string, description: string, minLength = 0) {
  return Type.String({ default: value, description, minLength })
}

export function texts (value: readonly string[], description: string) {
  return Type.Array(Type.String({ minLength: 1 }), { default: [...value], description })
}

export function address (value: string, description: string) {
  return Type.String({ default: value, description, pattern: '^(https?://[^\\s]+)?$', expects: 'an http:// or https:// address, or nothing' })
}

export function socketAddress (value: string, description: string) {
  return Type.String({ default: value, description, pattern: '^(wss?://[^\\s]+)?$', expects: 'a ws:// or wss:// address, or nothing' })
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
