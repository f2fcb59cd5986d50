import type { IncomingMessage } from 'node:http'

import { parseMultipart, type UploadedFile } from './multipart.js'

export interface Complaint { readonly status: number, readonly message: string }
export type Checked = { readonly body: Readonly<Record<string, unknown>> } | { readonly complaint: Complaint }

type Check = (value: unknown) => boolean

const isText: Check = value => typeof value === 'string' && value !== ''
const isBetween = (least: number, most: number): Check => value => typeof value === 'number' && value >= least && value <= most
const isAnything: Check = () => true

const chatFields: Readonly<Record<string, Check>> = {
  model: isText,
  messages: isMessages,
  stream: value => typeof value === 'boolean',
  stream_options: isAnything,
  temperature: isBetween(0, 2),
  top_p: isBetween(0, 1),
  max_tokens: value => Number.isInteger(value) && Number(value) > 0,
  max_completion_tokens: isAnything,
  frequency_penalty: isBetween(-2, 2),
  presence_penalty: isBetween(-2, 2),
  stop: isAnything,
  seed: isAnything,
  n: value => value === 1,
  tools: areTools,
  tool_choice: isAnything,
  parallel_tool_calls: isAnything,
  response_format: isAnything,
  reasoning_effort: isText,
  user: isText
}

const speechFields: Readonly<Record<string, Check>> = {
  model: isText,
  voice: isText,
  input: value => isText(value) && String(value).length <= 4096,
  response_format: value => ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'].includes(String(value)),
  speed: isBetween(0.25, 4),
  instructions: isText
}

const transcriptionFields: Readonly<Record<string, Check>> = {
  file: isAudioFile,
  model: isText,
  language: value => /^[a-z]{2,3}$/.test(String(value)),
  response_format: value => ['json', 'text', 'srt', 'verbose_json', 'vtt'].includes(String(value)),
  temperature: value => Number(value) >= 0 && Number(value) <= 1,
  prompt: isText
}

const routes: Readonly<Record<string, { readonly fields: Readonly<Record<string, Check>>, readonly required: readonly string[] }>> = {
  'POST /v1/chat/completions': { fields: chatFields, required: ['model', 'messages'] },
  'POST /v1/audio/speech': { fields: speechFields, required: ['model', 'voice', 'input'] },
  'POST /v1/audio/transcriptions': { fields: transcriptionFields, required: ['file', 'model'] },
  'GET /v1/models': { fields: {}, required: [] }
}

/** Refuses what the real server would refuse, and more: fields that nobody knows. */
export function checkRequest (request: IncomingMessage, bytes: Buffer, apiKey: string, extraFields: ReadonlySet<string>): Checked {
  const route = routes[`${request.method ?? ''} ${request.url ?? ''}`]
  if (route === undefined) return complain(404, `no such route: ${request.url ?? ''}`)
  if (request.headers.authorization !== `Bearer ${apiKey}`) return complain(401, `Incorrect API key provided: ${request.headers.authorization ?? 'none'}`)
  if (request.method === 'GET') return { body: {} }
  const isForm = route.fields === transcriptionFields
  const type = request.headers['content-type'] ?? ''
  if (!type.startsWith(isForm ? 'multipart/form-data' : 'application/json')) return complain(400, `a body that is declared as ${type}`)
  if (Number(request.headers['content-length']) !== bytes.length) return complain(411, 'a body of another length than declared')
  let body: Record<string, unknown>
  try {
    body = isForm ? parseMultipart(bytes, type) : JSON.parse(bytes.toString()) as Record<string, unknown>
  } catch (error) {
    return complain(400, String(error))
  }
  const missing = route.required.find(field => !(field in body))
  if (missing !== undefined) return complain(400, `you must provide ${missing}`)
  for (const [field, value] of Object.entries(body)) {
    const check = route.fields[field]
    if (check === undefined && !extraFields.has(field)) return complain(400, `Unrecognized request argument supplied: ${field}`)
    if (check?.(value) === false) return complain(400, `Invalid value for ${field}`)
  }
  return { body }
}

function complain (status: number, message: string): Checked {
  return { complaint: { status, message } }
}

// The service goes by the end of the name; the shortest speech that it takes is 100 ms.
function isAudioFile (value: unknown): boolean {
  const { name, type, bytes } = value as UploadedFile
  if (name.endsWith('.wav')) return type === 'audio/wav' && bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.length >= 44 + 3200
  return /\.(ogg|opus)$/.test(name) && type === 'audio/ogg' && bytes.toString('latin1', 0, 4) === 'OggS'
}

function isMessages (value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isMessage) && areCallsAnswered(value as Message[])
}

type Message = Readonly<Record<string, unknown>>
interface Call { readonly id: string, readonly type: string, readonly function: { readonly name: string, readonly arguments: string } }

function isMessage (message: Message): boolean {
  const { role, content } = message
  const fields = Object.keys(message).filter(field => field !== 'role' && field !== 'content')
  if (role === 'user' && Array.isArray(content)) return fields.length === 0 && content.length > 0 && content.every(isContentPart)
  if (typeof content !== 'string') return false
  if (role === 'system' || role === 'user') return fields.length === 0
  if (role === 'tool') return fields.join() === 'tool_call_id' && isText(message.tool_call_id)
  if (role !== 'assistant' || fields.length === 0) return role === 'assistant'
  const calls = message.tool_calls
  return fields.join() === 'tool_calls' && Array.isArray(calls) && calls.length > 0 && calls.every(isCall)
}

function isCall (call: Call): boolean {
  return isText(call.id) && call.type === 'function' && isToolName(call.function.name) && typeof call.function.arguments === 'string'
}

// Each call has its result directly behind it, as the real server insists.
function areCallsAnswered (messages: readonly Message[]): boolean {
  let open: string[] = []
  for (const message of messages) {
    if (message.role === 'tool') {
      if (!open.includes(String(message.tool_call_id))) return false
      open = open.filter(id => id !== message.tool_call_id)
    } else if (open.length > 0) return false
    else open = ((message.tool_calls ?? []) as Call[]).map(({ id }) => id)
  }
  return open.length === 0
}

function isToolName (name: unknown): boolean { return /^[A-Za-z0-9_-]{1,64}$/.test(String(name)) }

function areTools (value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.length <= 128 && value.every(isTool)
}

function isTool (tool: { readonly type: string, readonly function: Readonly<Record<string, unknown>> }): boolean {
  const { name, description, parameters } = tool.function
  const isSchema = (parameters as Message).type === 'object'
  return tool.type === 'function' && isToolName(name) && typeof description === 'string' && isSchema && Object.keys(tool.function).length === 3
}

// A text, or a picture in the address itself.
function isContentPart (part: Record<string, unknown>): boolean {
  if (part.type === 'text') return typeof part.text === 'string' && part.text !== ''
  const { url } = part.image_url as { url: string }
  return part.type === 'image_url' && /^data:image\/(jpeg|png|gif|webp);base64,[A-Za-z0-9+/]+=*$/.test(url)
}
