import { isJsonObject, parseJson, textOf, type JsonObject } from './json-object.js'

/** The one that firmware speaks. */
const PROTOCOL_VERSION = '2024-11-05'

/** Where a device sends the photos that it takes, and with which token. */
export interface VisionAddress { readonly url: string, readonly token: string }

/** What a device answered to the request `id`. */
export type McpReply =
  | { readonly kind: 'result', readonly id: number, readonly result: unknown }
  | { readonly kind: 'error', readonly id: number, readonly message: string }

export type ArgumentType = 'boolean' | 'integer' | 'number' | 'string'

export interface ToolArgument {
  readonly name: string
  readonly type: ArgumentType
  readonly isRequired: boolean
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
}

/** A tool as a device describes it. */
export interface ListedTool {
  readonly name: string
  readonly description: string
  readonly arguments: readonly ToolArgument[]
  /** For an app's buttons, not for a model. */
  readonly isUserOnly: boolean
}

export interface ToolPage { readonly tools: readonly ListedTool[], readonly nextCursor: string | undefined }

/** The id must be a number: firmware gives no answer at all to a text. */
export function mcpRequest (id: number, method: string, params?: JsonObject): string {
  return envelope({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) })
}

export function mcpNotification (method: string): string {
  return envelope({ jsonrpc: '2.0', method })
}

export function initializeParams (vision: VisionAddress | undefined): JsonObject {
  return {
    protocolVersion: PROTOCOL_VERSION,
    capabilities: vision === undefined || !isReachable(vision.url) ? {} : { vision: { url: vision.url, token: vision.token } },
    clientInfo: { name: 'Chorus', version: '1.0.0' }
  }
}

/** To the device `localhost` is the device. */
function isReachable (url: string): boolean {
  return /^https?:\/\//i.test(url) && URL.canParse(url) && new URL(url).hostname !== 'localhost'
}

function envelope (payload: JsonObject): string { return JSON.stringify({ type: 'mcp', payload }) }

/** Undefined for requests, notifications and whatever else is no reply. */
export function parseMcpReply (payload: unknown): McpReply | undefined {
  if (!isJsonObject(payload) || typeof payload['id'] !== 'number') return undefined
  const { id, error, result } = payload
  if (error !== undefined && error !== null) return { kind: 'error', id, message: messageOf(error) }
  return result === undefined ? undefined : { kind: 'result', id, result }
}

// Firmware pastes the message in as it is: whatever is in it ends before the last quote. Beginning
// and end are searched for one after the other: in one pattern, each of thousands of beginnings in
// 64 KB would search for the end anew.
const BROKEN_ERROR = /"id"\s*:\s*(-?\d{1,10})\s*,\s*"error"\s*:\s*\{\s*"message"\s*:\s*"/
const BROKEN_ERROR_END = /^"\s*\}\s*\}\s*\}\s*$/

/** An error whose message makes the whole message no JSON. */
export function parseBrokenError (raw: string): McpReply | undefined {
  const beginning = BROKEN_ERROR.exec(raw)
  if (beginning === null) return undefined
  const [from, to] = [beginning.index + beginning[0].length, raw.lastIndexOf('"')]
  if (to < from || !BROKEN_ERROR_END.test(raw.slice(to))) return undefined
  return { kind: 'error', id: Number(beginning[1]), message: raw.slice(from, to) }
}

/** What is no tool in the list is left out; a list that is none is empty. */
export function parseToolPage (result: unknown): ToolPage {
  if (!isJsonObject(result)) return { tools: [], nextCursor: undefined }
  const { tools, nextCursor } = result
  return {
    tools: Array.isArray(tools) ? tools.flatMap(parseTool) : [],
    nextCursor: textOf(nextCursor) || undefined
  }
}

/** The texts of a result of `tools/call`. */
export function parseCallResult (result: unknown): { readonly text: string, readonly isError: boolean } {
  const content = isJsonObject(result) ? result['content'] : undefined
  const isError = isJsonObject(result) && result['isError'] === true
  if (!Array.isArray(content)) return { text: typeof result === 'string' ? result : stringify(result), isError }
  return { text: content.map(parseContent).filter(text => text !== '').join('\n'), isError }
}

function parseContent (content: unknown): string {
  if (!isJsonObject(content)) return ''
  const { type, text, image, mimeType } = content
  if (typeof text === 'string') return text
  if (type !== 'image') return ''
  // Firmware puts JSON into a text here; the standard has the fields beside the type.
  const inner = typeof image === 'string' ? parseJson(image) : undefined
  const kind = (isJsonObject(inner) ? textOf(inner['mimeType']) : undefined) ?? textOf(mimeType) ?? 'of unknown type'
  return `(an image, ${kind})`
}

function parseTool (value: unknown): ListedTool[] {
  if (!isJsonObject(value)) return []
  const { name, description, inputSchema, annotations } = value
  if (typeof name !== 'string' || name === '') return []
  const audience = isJsonObject(annotations) ? annotations['audience'] : undefined
  const isUserOnly = Array.isArray(audience) && audience.includes('user') && !audience.includes('assistant')
  return [{ name, description: textOf(description) ?? '', arguments: parseArguments(inputSchema), isUserOnly }]
}

function parseArguments (schema: unknown): ToolArgument[] {
  if (!isJsonObject(schema) || !isJsonObject(schema['properties'])) return []
  const required: unknown = schema['required']
  return Object.entries(schema['properties']).map(([name, property]) => {
    const { type, description, minimum, maximum } = isJsonObject(property) ? property : {}
    return {
      name,
      type: isArgumentType(type) ? type : 'string',
      isRequired: Array.isArray(required) && required.includes(name),
      ...(typeof description === 'string' ? { description } : {}),
      ...(typeof minimum === 'number' ? { minimum } : {}),
      ...(typeof maximum === 'number' ? { maximum } : {})
    }
  })
}

export function isArgumentType (value: unknown): value is ArgumentType {
  return value === 'boolean' || value === 'integer' || value === 'number' || value === 'string'
}

function messageOf (error: unknown): string {
  if (typeof error === 'string') return error
  return (isJsonObject(error) ? textOf(error['message']) : undefined) ?? stringify(error)
}

// What is nested too deeply for a stack cannot be written again.
function stringify (value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return '(too deeply nested)'
  }
}
