import type { JsonObject } from '../simulator/types.js'
import type { DeviceLink } from './device-link.js'

export interface McpTool {
  readonly name: string
  readonly description: string
  readonly inputSchema: JsonObject
}

export interface McpOptions {
  readonly tools?: readonly McpTool[]
  /** Tools in one page of the list. */
  readonly pageSize?: number
  /** In place of the answer that a device would give; undefined: the usual one, null: none. */
  readonly answer?: (method: string, request: JsonObject) => JsonObject | null | undefined
}

const noArguments = { type: 'object', properties: {} }

export const commonTools: readonly McpTool[] = [
  { name: 'self.get_device_status', description: 'Provides the real-time information of the device.', inputSchema: noArguments },
  {
    name: 'self.audio_speaker.set_volume',
    description: 'Set the volume of the audio speaker.',
    inputSchema: { type: 'object', properties: { volume: { type: 'integer', minimum: 0, maximum: 100 } }, required: ['volume'] }
  }
]

/** Answers as the MCP server of a device does, and keeps what it was asked. */
export class McpDevice {
  readonly requests: JsonObject[] = []
  readonly #link: DeviceLink
  readonly #options: McpOptions

  constructor (link: DeviceLink, options: McpOptions) {
    this.#link = link
    this.#options = options
    link.onJson = message => {
      const payload = message['type'] === 'mcp' ? message['payload'] : undefined
      if (typeof payload === 'object' && payload !== null) this.#onRequest(payload as JsonObject)
    }
  }

  of (method: string): JsonObject[] { return this.requests.filter(request => request['method'] === method) }

  reply (payload: JsonObject): void { this.#link.send({ type: 'mcp', payload: { jsonrpc: '2.0', ...payload } }) }

  #onRequest (request: JsonObject): void {
    const { id, method } = request
    if (typeof method !== 'string') return
    this.requests.push(request)
    // Firmware drops what is a notification, and what has no number for an id.
    if (method.startsWith('notifications') || typeof id !== 'number') return
    const answer = this.#options.answer?.(method, request)
    if (answer === null) return
    this.reply({ id, ...answer ?? this.#usual(method, request) })
  }

  #usual (method: string, request: JsonObject): JsonObject {
    const params = (request['params'] ?? {}) as JsonObject
    if (method === 'initialize') {
      return { result: { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo: { name: 'conformance', version: '2.4.2' } } }
    }
    if (method === 'tools/list') return { result: this.#page(params['cursor']) }
    if (method === 'tools/call') return { result: { content: [{ type: 'text', text: 'true' }], isError: false } }
    return { error: { message: `Method not implemented: ${method}` } }
  }

  #page (cursor: unknown): JsonObject {
    const { tools = commonTools, pageSize = tools.length } = this.#options
    const from = Math.max(0, tools.findIndex(({ name }) => name === cursor))
    const next = tools[from + pageSize]
    return { tools: tools.slice(from, from + pageSize), ...(next === undefined ? {} : { nextCursor: next.name }) }
  }
}
