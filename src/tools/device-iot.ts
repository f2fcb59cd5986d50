import { iotCommand, type IotMethod, type IotProperty, type IotReport, type IotThing, type IotValue } from '../protocol/iot.js'
import { isJsonObject, parseJson, textOf, type JsonObject } from '../protocol/json-object.js'
import type { ToolArgument } from '../protocol/mcp.js'
import { argumentSchema, fitArguments } from './tool-arguments.js'
import { toolName } from './tool-name.js'
import type { ToolDefinition, ToolLog, ToolResult } from './toolbox.js'
import { isUserOnlyName } from './user-only.js'

export interface DeviceIotOptions {
  readonly send: (text: string) => void
  readonly maxTools: number
  readonly log: ToolLog
}

type IotTool =
  | { readonly kind: 'get', readonly definition: ToolDefinition, readonly thing: string, readonly property: string }
  | { readonly kind: 'set', readonly definition: ToolDefinition, readonly thing: string, readonly method: IotMethod }

// What the model may give along, as with the replaced server: a sentence for each outcome.
const RESPONSES: readonly ToolArgument[] = [
  { name: 'response_success', type: 'string', isRequired: false, description: 'What to tell the user when it works; {value} stands for the value' },
  { name: 'response_failure', type: 'string', isRequired: false, description: 'What to tell the user when it does not work' }
]

const INITIAL: Readonly<Record<IotProperty['type'], IotValue>> = { boolean: false, integer: 0, number: 0, string: '' }
/** Characters of a name or value in the prompt. */
const MAX_SHOWN = 100

/** Things of a device whose firmware has no MCP: what it told of them, and commands to them. */
export class DeviceIot {
  readonly #options: DeviceIotOptions
  readonly #tools = new Map<string, IotTool>()
  /** By thing, then by property. */
  readonly #states = new Map<string, Map<string, IotValue>>()

  constructor (options: DeviceIotOptions) {
    this.#options = options
  }

  get definitions (): readonly ToolDefinition[] { return [...this.#tools.values()].map(tool => tool.definition) }

  /** "Speaker: volume 60; Lamp: power false". */
  get facts (): string {
    return [...this.#states].map(([thing, properties]) =>
      `${shown(thing)}: ${[...properties].map(([property, value]) => `${shown(property)} ${shown(String(value))}`).join(', ')}`).join('; ')
  }

  receive ({ things, states, problems }: IotReport): void {
    const { log } = this.#options
    for (const problem of problems) log('warn', 'ignored a part of an iot message', { problem })
    for (const thing of things) this.#add(thing)
    for (const { thing, property, value } of states) {
      const properties = this.#states.get(thing)
      const old = properties?.get(property)
      if (typeof old === typeof value) properties?.set(property, value)
      else log('debug', 'ignored a state', { thing, property, type: typeof value })
    }
  }

  call (name: string, argumentText: string): ToolResult {
    const tool = this.#tools.get(name)
    if (tool === undefined) return { kind: 'failed', text: `there is no tool ${name}` }
    return tool.kind === 'get' ? this.#get(tool, argumentText) : this.#command(tool, argumentText)
  }

  #get (tool: Extract<IotTool, { kind: 'get' }>, argumentText: string): ToolResult {
    const value = this.#states.get(tool.thing)?.get(tool.property)
    const success = responseIn(argumentText, 'response_success')
    const failure = responseIn(argumentText, 'response_failure')
    if (value === undefined) return failure === undefined ? { kind: 'failed', text: 'not known' } : { kind: 'answer', text: failure }
    return success === undefined ? { kind: 'text', text: String(value) } : { kind: 'answer', text: success.replaceAll('{value}', () => String(value)) }
  }

  #command (tool: Extract<IotTool, { kind: 'set' }>, argumentText: string): ToolResult {
    const { thing, method } = tool
    const fitted = fitArguments(argumentsOf(method), argumentText)
    if (fitted.kind === 'wrong') return { kind: 'failed', text: fitted.why }
    this.#options.send(iotCommand(thing, method.name, fitted.values))
    const success = responseIn(argumentText, 'response_success')
    return { kind: 'text', text: success === undefined ? 'done' : fillIn(success, fitted.values) }
  }

  #add (thing: IotThing): void {
    if (thing.properties.length > 0 && this.#states.size < this.#options.maxTools) {
      const known = this.#states.get(thing.name)
      const properties = thing.properties.slice(0, this.#options.maxTools)
      this.#states.set(thing.name, new Map(properties.map(({ name, type }) => [name, known?.get(name) ?? INITIAL[type]])))
    }
    for (const property of thing.properties) {
      this.#offer(`get_${thing.name}_${property.name}`, name => ({
        kind: 'get',
        definition: { name, description: describe(thing, property), parameters: argumentSchema(RESPONSES) },
        thing: thing.name,
        property: property.name
      }))
    }
    for (const method of thing.methods) {
      if (isUserOnlyName(method.name)) continue
      this.#offer(`${thing.name}_${method.name}`, name => ({
        kind: 'set',
        definition: { name, description: describe(thing, method), parameters: argumentSchema([...argumentsOf(method), ...RESPONSES]) },
        thing: thing.name,
        method
      }))
    }
  }

  // A thing that is described again replaces what it was.
  #offer (plainName: string, make: (name: string) => IotTool): void {
    const name = toolName(plainName.toLowerCase(), taken => {
      const holder = this.#tools.get(taken)
      return holder !== undefined && !isSame(holder, make(taken))
    })
    if (this.#tools.size < this.#options.maxTools || this.#tools.has(name)) this.#tools.set(name, make(name))
    else this.#options.log('debug', 'a device has more things than are offered', { maxTools: this.#options.maxTools })
  }
}

function isSame (one: IotTool, other: IotTool): boolean {
  if (one.thing !== other.thing) return false
  if (one.kind === 'get') return other.kind === 'get' && one.property === other.property
  return other.kind === 'set' && one.method.name === other.method.name
}

function argumentsOf (method: IotMethod): ToolArgument[] {
  return method.parameters.map(({ name, type, description }) => ({ name, type, description, isRequired: true }))
}

function describe (thing: IotThing, part: IotProperty | IotMethod): string {
  return `${thing.description || thing.name}: ${part.description || part.name}`
}

function responseIn (argumentText: string, name: 'response_success' | 'response_failure'): string | undefined {
  const given = parseJson(argumentText)
  return isJsonObject(given) ? textOf(given[name]) || undefined : undefined
}

/** `{volume}` or, where there is one value only, `{value}`. */
function fillIn (text: string, values: JsonObject): string {
  const all = Object.values(values)
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    if (Object.hasOwn(values, name)) return String(values[name])
    return name === 'value' && all.length === 1 ? String(all[0]) : whole
  })
}

// A device's text must not look like a line of its own in the prompt.
function shown (text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, MAX_SHOWN)
}
