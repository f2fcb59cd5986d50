import { isJsonObject, parseJson, textOf } from '../protocol/json-object.js'
import { parseCallResult } from '../protocol/mcp.js'
import type { McpOutcome } from './device-mcp.js'
import type { ToolResult } from './toolbox.js'

/** What came of a call, for the model or for the user. */
export function toolResultOf (outcome: McpOutcome, maxBytes: number): ToolResult {
  switch (outcome.kind) {
    case 'error': return { kind: 'failed', text: cut(outcome.message, maxBytes) }
    case 'silent': return { kind: 'failed', text: `the device gave no answer in ${Math.round(outcome.afterMs / 1000)} s` }
    case 'gone': return { kind: 'failed', text: 'interrupted' }
    case 'result': return resultOf(outcome.result, maxBytes)
  }
}

function resultOf (result: unknown, maxBytes: number): ToolResult {
  const { text, isError } = parseCallResult(result)
  if (isError) return { kind: 'failed', text: cut(text, maxBytes) }
  return byAction(text, maxBytes) ?? { kind: 'text', text: cut(text, maxBytes) }
}

/** `{"action":"RESPONSE","response":"…"}`: what the tool says goes past the model. */
function byAction (text: string, maxBytes: number): ToolResult | undefined {
  const value = text.trimStart().startsWith('{') ? parseJson(text) : undefined
  if (!isJsonObject(value)) return undefined
  const said = textOf(value['response']) ?? textOf(value['result']) ?? ''
  switch (value['action']) {
    case 'RESPONSE':
    case 'ERROR':
    case 'NOTFOUND': return said === '' ? undefined : { kind: 'answer', text: cut(said, maxBytes) }
    case 'NONE':
    case 'RECORD': return { kind: 'done' }
    case 'REQLLM': return { kind: 'text', text: cut(textOf(value['result']) ?? said, maxBytes) }
    default: return undefined
  }
}

function cut (text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  return bytes.length <= maxBytes ? text : `${bytes.subarray(0, maxBytes).toString().replace(/\ufffd+$/, '')}…`
}
