import { readFileSync } from 'node:fs'
import { isObject, type Fields } from './fields.js'
import { OptionError } from './option-error.js'

export interface MockToolCall {
  readonly name: string
  /** As JSON. */
  readonly arguments: string
}

/** What the model does instead of giving the one reply. */
export type ScriptLine =
  | { readonly kind: 'say', readonly text: string }
  | { readonly kind: 'call', readonly calls: readonly MockToolCall[] }

export interface ScriptRule {
  /** The last thing that the user said has this in it, in whatever case. */
  readonly contains?: string
  /** This tool is offered. */
  readonly offered?: string
  readonly line: ScriptLine
}

/** What a request asks, as far as rules look at it. */
interface Question { readonly text: string, readonly isAnswered: boolean, readonly tools: ReadonlySet<string> }

/**
 * The first rule that fits. Tools are called where all of them are offered and the user spoke last:
 * when their results come back, the rules that say something remain, and the one reply.
 */
export function findLine (rules: readonly ScriptRule[], fields: Fields): ScriptLine | undefined {
  if (rules.length === 0) return undefined
  const question = readQuestion(fields)
  const line = rules.find(rule => fits(rule, question))?.line
  return line?.kind === 'call' && fields['parallel_tool_calls'] === false ? { kind: 'call', calls: line.calls.slice(0, 1) } : line
}

/** Reads a list of rules from a JSON file. @throws OptionError */
export function readScript (file: string): ScriptRule[] {
  let rules: unknown
  try {
    rules = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new OptionError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!Array.isArray(rules)) throw new OptionError(`${file} is not a list of rules`)
  return rules.map((rule: unknown, index) => readRule(rule, `rule ${index + 1} of ${file}`))
}

/** Reads `lamp {"on": true}`. @throws OptionError */
export function readToolCall (text: string): ScriptRule {
  const [, name, args] = /^([\w-]{1,64})\s+(\{.*\})$/s.exec(text.trim()) ?? []
  try {
    if (name !== undefined && args !== undefined) return { line: { kind: 'call', calls: [{ name, arguments: JSON.stringify(JSON.parse(args)) }] } }
  } catch { /* said below */ }
  throw new OptionError(`--tool-call is a name and its arguments as JSON, as in 'lamp {"on": true}', not "${text}"`)
}

function readRule (rule: unknown, where: string): ScriptRule {
  if (!isObject(rule)) throw new OptionError(`${where} is no object`)
  const { when = {}, say, call, ...others } = rule
  if (!isObject(when)) throw new OptionError(`${where}: "when" is an object with "contains" or "offered"`)
  const { contains, offered, ...unknown } = when
  const [stranger] = [...Object.keys(others), ...Object.keys(unknown)]
  if (stranger !== undefined) throw new OptionError(`${where} has an unknown "${stranger}": it is {"when": {"contains", "offered"}, "say" or "call"}`)
  if ((say === undefined) === (call === undefined)) throw new OptionError(`${where} has either "say" or "call"`)
  return {
    ...(contains === undefined ? {} : { contains: readText(contains, `${where}: "contains"`).toLowerCase() }),
    ...(offered === undefined ? {} : { offered: readText(offered, `${where}: "offered"`) }),
    line: call === undefined ? { kind: 'say', text: readText(say, `${where}: "say"`) } : { kind: 'call', calls: readCalls(call, where) }
  }
}

function readText (value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw new OptionError(`${what} is a text, not ${JSON.stringify(value)}`)
  return value
}

function readCalls (calls: unknown, where: string): MockToolCall[] {
  if (!Array.isArray(calls) || calls.length === 0) throw new OptionError(`${where}: "call" is a list of {"name", "arguments"}`)
  return calls.map((call: unknown) => {
    if (!isObject(call)) throw new OptionError(`${where}: a call is {"name", "arguments"}, not ${JSON.stringify(call)}`)
    const { name, arguments: args = {} } = call
    if (typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name)) throw new OptionError(`${where}: ${JSON.stringify(name)} is no name of a tool`)
    if (!isObject(args)) throw new OptionError(`${where}: the arguments of ${name} are an object, not ${JSON.stringify(args)}`)
    return { name, arguments: JSON.stringify(args) }
  })
}

function fits ({ contains, offered, line }: ScriptRule, { text, isAnswered, tools }: Question): boolean {
  if (contains !== undefined && !text.includes(contains)) return false
  if (offered !== undefined && !tools.has(offered)) return false
  return line.kind === 'say' || (!isAnswered && line.calls.every(({ name }) => tools.has(name)))
}

function readQuestion (fields: Fields): Question {
  const messages = fields['messages'] as readonly Fields[]
  const lastUser = messages.findLast(message => message['role'] === 'user')
  const tools = fields['tool_choice'] === 'none' || !Array.isArray(fields['tools']) ? [] : fields['tools'] as unknown[]
  return {
    text: textOf(lastUser?.['content']).toLowerCase(),
    isAnswered: messages.at(-1) !== lastUser,
    tools: new Set(tools.map(nameOf))
  }
}

/** Content is a text, or parts of which some have one. */
function textOf (content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part: unknown) => isObject(part) && typeof part['text'] === 'string' ? part['text'] : '').join('\n')
}

function nameOf (tool: unknown): string {
  return isObject(tool) && isObject(tool['function']) ? String(tool['function']['name']) : ''
}
