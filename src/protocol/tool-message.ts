import { parseIotReport, type IotReport } from './iot.js'
import { isJsonObject, parseJson } from './json-object.js'
import { parseBrokenError, parseMcpReply, type McpReply } from './mcp.js'

export type ToolMessage =
  | { readonly kind: 'mcp', readonly reply: McpReply }
  | { readonly kind: 'iot', readonly report: IotReport }
  | { readonly kind: 'unknown', readonly why: string }

/** Reads what a device says about its tools; never throws. */
export function parseToolMessage (raw: string): ToolMessage {
  const message = parseJson(raw)
  if (message === undefined) {
    const reply = parseBrokenError(raw)
    return reply === undefined ? { kind: 'unknown', why: 'not JSON' } : { kind: 'mcp', reply }
  }
  if (!isJsonObject(message)) return { kind: 'unknown', why: 'not an object' }
  if (message['type'] === 'iot') return { kind: 'iot', report: parseIotReport(message) }
  const reply = parseMcpReply(message['payload'])
  return reply === undefined ? { kind: 'unknown', why: 'no reply' } : { kind: 'mcp', reply }
}
