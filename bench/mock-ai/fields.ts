import { ApiError, invalid, missing } from './api-error.js'

export type Fields = Readonly<Record<string, unknown>>
export type Check = (value: unknown) => boolean

/** What a route takes. A field that it does not name is refused. */
export interface FieldRules { readonly required: readonly string[], readonly known: Readonly<Record<string, Check>> }

export const isText: Check = value => typeof value === 'string' && value !== ''
export const isAnything: Check = () => true
export const isFlag: Check = value => typeof value === 'boolean'
export const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
export const isBetween = (least: number, most: number): Check => value => typeof value === 'number' && value >= least && value <= most
export const isCount: Check = value => Number.isInteger(value) && Number(value) > 0
export const isOneOf = (...choices: readonly string[]): Check => value => typeof value === 'string' && choices.includes(value)

/** @throws ApiError 400 for a body that is no JSON object. */
export function parseJsonBody (body: Buffer, contentType: string): Fields {
  if (!/^application\/json\b/i.test(contentType)) throw new ApiError(400, `a body of type "${contentType}" where application/json is expected`)
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    throw new ApiError(400, 'We could not parse the JSON body of your request.')
  }
  if (!isObject(value)) throw new ApiError(400, 'The body of a request is a JSON object.')
  return value
}

/** @throws ApiError 400 for what is missing, unknown or out of range. */
export function checkFields (fields: Fields, rules: FieldRules): void {
  for (const name of rules.required) if (fields[name] === undefined) throw missing(name)
  for (const [name, value] of Object.entries(fields)) {
    const check = rules.known[name]
    if (check === undefined) throw new ApiError(400, `Unrecognized request argument supplied: ${name}`, { param: name })
    if (!check(value)) throw invalid(name, JSON.stringify(value).slice(0, 100))
  }
}
