import { isJsonObject, parseJson, type JsonObject } from '../protocol/json-object.js'
import type { ToolArgument } from '../protocol/mcp.js'

export type FittedArguments =
  | { readonly kind: 'arguments', readonly values: JsonObject }
  | { readonly kind: 'wrong', readonly why: string }

/** As a JSON Schema of an object. */
export function argumentSchema (tool: readonly ToolArgument[]): JsonObject {
  const properties = Object.fromEntries(tool.map(({ name, isRequired: _, ...facts }) => [name, facts]))
  const required = tool.filter(argument => argument.isRequired).map(argument => argument.name)
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) }
}

/**
 * Makes what a model wrote into what firmware reads: to it a value of another JSON type is missing.
 * Ranges are left to the device, which says better what it allows.
 */
export function fitArguments (tool: readonly ToolArgument[], text: string): FittedArguments {
  const given = text.trim() === '' ? {} : parseJson(text)
  if (!isJsonObject(given)) return { kind: 'wrong', why: `the arguments are not a JSON object: ${text.slice(0, 100)}` }
  const values: [string, boolean | number | string][] = []
  for (const { name, type, isRequired } of tool) {
    const raw = Object.hasOwn(given, name) ? given[name] : undefined
    if (raw === undefined || raw === null) {
      if (isRequired) return { kind: 'wrong', why: `the argument "${name}" (${type}) is missing` }
      continue
    }
    const value = fit(type, raw)
    if (value === undefined) return { kind: 'wrong', why: `the argument "${name}" must be a JSON ${type}` }
    values.push([name, value])
  }
  return { kind: 'arguments', values: Object.fromEntries(values) }
}

function fit (type: ToolArgument['type'], raw: unknown): boolean | number | string | undefined {
  switch (type) {
    case 'boolean': return fitBoolean(raw)
    case 'integer': return fitNumber(raw, Math.trunc)
    case 'number': return fitNumber(raw, value => value)
    case 'string': return typeof raw === 'object' ? undefined : String(raw)
  }
}

function fitBoolean (raw: unknown): boolean | undefined {
  if (typeof raw === 'boolean') return raw
  if (typeof raw === 'object') return undefined
  const text = String(raw).trim().toLowerCase()
  if (['true', '1', 'yes', 'on'].includes(text)) return true
  return ['false', '0', 'no', 'off'].includes(text) ? false : undefined
}

function fitNumber (raw: unknown, round: (value: number) => number): number | undefined {
  if (typeof raw !== 'number' && (typeof raw !== 'string' || raw.trim() === '')) return undefined
  // "50%" is what some models write.
  const value = round(Number(typeof raw === 'string' ? raw.trim().replace(/%$/, '') : raw))
  return Number.isSafeInteger(Math.trunc(value)) ? value + 0 : undefined // no -0 either
}
