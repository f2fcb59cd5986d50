import { isJsonObject, textOf, type JsonObject } from './json-object.js'
import { isArgumentType, type ArgumentType } from './mcp.js'

// How firmware up to 1.7 tells what it has: things with properties and methods.

export interface IotProperty { readonly name: string, readonly type: ArgumentType, readonly description: string }
export interface IotMethod { readonly name: string, readonly description: string, readonly parameters: readonly IotProperty[] }

export interface IotThing {
  readonly name: string
  readonly description: string
  readonly properties: readonly IotProperty[]
  readonly methods: readonly IotMethod[]
}

export type IotValue = boolean | number | string
export interface IotState { readonly thing: string, readonly property: string, readonly value: IotValue }

export interface IotReport {
  readonly things: readonly IotThing[]
  readonly states: readonly IotState[]
  /** What was in the message and is not understood, for the log. */
  readonly problems: readonly string[]
}

/** Reads a whole `iot` message. */
export function parseIotReport (message: JsonObject): IotReport {
  const problems: string[] = []
  const things = listOf(message['descriptors']).flatMap(value => {
    const thing = parseThing(value)
    if (thing === undefined) problems.push('a descriptor without a name')
    return thing ?? []
  })
  const states = listOf(message['states']).flatMap(value => {
    if (isJsonObject(value) && typeof value['name'] === 'string' && isJsonObject(value['state'])) return parseState(value['name'], value['state'])
    problems.push('a state without a name')
    return []
  })
  return { things, states, problems }
}

/** `parameters` are left out where there are none, as the replaced server does. */
export function iotCommand (thing: string, method: string, parameters: JsonObject): string {
  const command = { name: thing, method, ...(Object.keys(parameters).length === 0 ? {} : { parameters }) }
  return JSON.stringify({ type: 'iot', commands: [command] })
}

function parseThing (value: unknown): IotThing | undefined {
  if (!isJsonObject(value)) return undefined
  const { name, description, properties, methods } = value
  if (typeof name !== 'string' || name === '') return undefined
  const parsed = entriesOf(methods).map(([method, facts]) => ({
    name: method,
    description: textOf(facts['description']) ?? '',
    parameters: parseProperties(facts['parameters'])
  }))
  // Some firmware has methods only: what they set is what there is.
  const own = isJsonObject(properties) ? parseProperties(properties) : parsed.flatMap(({ parameters }) => parameters)
  return { name, description: textOf(description) ?? '', properties: own, methods: parsed }
}

function parseProperties (value: unknown): IotProperty[] {
  return entriesOf(value).map(([name, { type, description }]) => ({
    name,
    type: isArgumentType(type) ? type : 'string',
    description: textOf(description) ?? ''
  }))
}

function parseState (thing: string, state: JsonObject): IotState[] {
  return Object.entries(state).flatMap(([property, value]) =>
    typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string' ? [{ thing, property, value }] : [])
}

function entriesOf (value: unknown): [string, JsonObject][] {
  return isJsonObject(value) ? Object.entries(value).map(([name, facts]) => [name, isJsonObject(facts) ? facts : {}]) : []
}

function listOf (value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
