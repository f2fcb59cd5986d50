import type { JsonObject } from './types.js'

interface IntegerArgument { readonly minimum: number, readonly maximum: number }

export interface DeviceTool {
  readonly name: string
  readonly description: string
  readonly integers?: Readonly<Record<string, IntegerArgument>>
  readonly strings?: readonly string[]
  /** `undefined` arguments never reach it: they are refused before. */
  readonly run: (args: JsonObject) => string
}

/** The reply, or nothing: the firmware is silent on requests that it finds malformed. */
export type McpReply = { readonly kind: 'none' } | { readonly kind: 'now', readonly payload: string } | { readonly kind: 'call', readonly run: () => string }

const PAGE_BYTES = 8000 - 30
const nothing: McpReply = { kind: 'none' }

/** The device's side of MCP, with the tools that every board has. */
export class McpTools {
  volume = 70
  brightness = 75
  theme = 'light'
  readonly #board: string
  readonly #version: string
  readonly #tools: readonly DeviceTool[]

  constructor (board: string, version: string, more: readonly DeviceTool[] = []) {
    this.#board = board
    this.#version = version
    this.#tools = [...this.#commonTools(), ...more]
  }

  answer (payload: unknown): McpReply {
    if (!isObject(payload) || payload['jsonrpc'] !== '2.0') return nothing
    const { method, params, id } = payload
    if (typeof method !== 'string' || method.startsWith('notifications')) return nothing
    if (params !== undefined && !isObject(params)) return nothing
    if (typeof id !== 'number') return nothing
    const requestId = Math.trunc(id) | 0
    const args = params ?? {}
    switch (method) {
      case 'initialize': return { kind: 'now', payload: formatResult(requestId, this.#describe()) }
      case 'tools/list': return { kind: 'now', payload: this.#list(requestId, args) }
      case 'tools/call': return this.#call(requestId, args)
      default: return { kind: 'now', payload: formatError(requestId, `Method not implemented: ${method}`) }
    }
  }

  #describe (): JsonObject {
    return { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo: { name: this.#board, version: this.#version } }
  }

  #list (id: number, params: JsonObject): string {
    const cursor = typeof params['cursor'] === 'string' ? params['cursor'] : ''
    const from = cursor === '' ? 0 : this.#tools.findIndex(tool => tool.name === cursor)
    if (from < 0) return formatError(id, `Invalid cursor: ${cursor}`)
    const tools: JsonObject[] = []
    let bytes = 0
    for (const tool of this.#tools.slice(from)) {
      const entry = describeTool(tool)
      bytes += Buffer.byteLength(JSON.stringify(entry)) + 1
      if (bytes > PAGE_BYTES) return formatResult(id, { tools, nextCursor: tool.name })
      tools.push(entry)
    }
    return formatResult(id, { tools })
  }

  #call (id: number, params: JsonObject): McpReply {
    const tool = this.#tools.find(each => each.name === params['name'])
    if (tool === undefined) return { kind: 'now', payload: formatError(id, `Unknown tool: ${String(params['name'])}`) }
    const args = isObject(params['arguments']) ? params['arguments'] : {}
    const problem = checkArguments(tool, args)
    if (problem !== undefined) return { kind: 'now', payload: formatError(id, problem) }
    return { kind: 'call', run: () => formatResult(id, { content: [{ type: 'text', text: tool.run(args) }], isError: false }) }
  }

  #commonTools (): DeviceTool[] {
    const percent = { minimum: 0, maximum: 100 }
    return [
      {
        name: 'self.get_device_status',
        description: 'Provides the real-time information of the device: speaker, screen, battery, network.',
        run: () => JSON.stringify({
          audio_speaker: { volume: this.volume },
          screen: { brightness: this.brightness, theme: this.theme },
          network: { type: 'wifi', ssid: 'home', signal: 'strong' }
        })
      },
      {
        name: 'self.audio_speaker.set_volume',
        description: 'Set the volume of the audio speaker.',
        integers: { volume: percent },
        run: args => { this.volume = Math.trunc(Number(args['volume'])); return 'true' }
      },
      {
        name: 'self.screen.set_brightness',
        description: 'Set the brightness of the screen.',
        integers: { brightness: percent },
        run: args => { this.brightness = Math.trunc(Number(args['brightness'])); return 'true' }
      },
      {
        name: 'self.screen.set_theme',
        description: 'Set the theme of the screen: `light` or `dark`.',
        strings: ['theme'],
        run: args => { this.theme = String(args['theme']); return 'true' }
      }
    ]
  }
}

export function isObject (value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function describeTool (tool: DeviceTool): JsonObject {
  const properties: Record<string, JsonObject> = {}
  for (const [name, range] of Object.entries(tool.integers ?? {})) properties[name] = { type: 'integer', ...range }
  for (const name of tool.strings ?? []) properties[name] = { type: 'string' }
  const required = Object.keys(properties)
  const inputSchema = required.length === 0 ? { type: 'object', properties } : { type: 'object', properties, required }
  return { name: tool.name, description: tool.description, inputSchema }
}

function checkArguments (tool: DeviceTool, args: JsonObject): string | undefined {
  for (const [name, range] of Object.entries(tool.integers ?? {})) {
    const value = args[name]
    if (typeof value !== 'number') return `Missing valid argument: ${name}`
    if (Math.trunc(value) < range.minimum) return `Value is below minimum allowed: ${range.minimum}`
    if (Math.trunc(value) > range.maximum) return `Value exceeds maximum allowed: ${range.maximum}`
  }
  for (const name of tool.strings ?? []) if (typeof args[name] !== 'string') return `Missing valid argument: ${name}`
  return undefined
}

function formatResult (id: number, result: JsonObject): string {
  return `{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`
}

// As in the firmware: no `code`, and the message is pasted in as it is.
function formatError (id: number, message: string): string {
  return `{"jsonrpc":"2.0","id":${id},"error":{"message":"${message}"}}`
}
