import type { ChatMessage, ToolCall, ToolSpec } from '../../types.js'
import { readChineseOrder, readEnglishOrder, type DeviceOrder, type Quantity } from './device-order.js'
import { wholeCharacters } from './chinese-numbers.js'
import { wholeWords } from './english-numbers.js'

/** What to do next about an order: a call of a tool, or the last word on it. */
export type DeviceStep = ToolCall | string

interface Past { readonly call: ToolCall, readonly result: string }

interface Words {
  now (what: Quantity, value: number): string
  is (what: Quantity | 'battery', value: number): string
  readonly failed: string
  readonly unknown: string
  readonly done: string
}

const english: Words = {
  now: (what, value) => `The ${what} is now ${wholeWords(value)}.`,
  is: (what, value) => what === 'battery' ? `The battery is at ${wholeWords(value)} percent.` : `The ${what} is ${wholeWords(value)}.`,
  failed: 'I am sorry, that did not work.',
  unknown: 'I am sorry, the device does not tell me that.',
  done: 'It is done.'
}

const names = { volume: '音量', brightness: '亮度', battery: '电量' } as const

const chinese: Words = {
  now: (what, value) => `${names[what]}已调到${wholeCharacters(value)}。`,
  is: (what, value) => `${names[what]}是百分之${wholeCharacters(value)}。`,
  failed: '抱歉，没有成功。',
  unknown: '抱歉，设备没有告诉我。',
  done: '好了。'
}

// Words that are to be said are no order.
const REPEAT = /^\W*(?:please )?(?:repeat|say)\b|重复|复述|跟我[说念读]/i

/** Undefined where the user did not ask for anything that the offered tools can do. */
export function deviceStep (messages: readonly ChatMessage[], tools: readonly ToolSpec[], isChinese: boolean): DeviceStep | undefined {
  const asked = messages.findLastIndex(message => message.role === 'user')
  const text = messages[asked]?.content ?? ''
  if (REPEAT.test(text)) return undefined
  const order = isChinese ? readChineseOrder(text) : readEnglishOrder(text)
  if (order === undefined) return undefined
  const step = new Steps(tools, pastOf(messages.slice(asked + 1)), isChinese ? chinese : english)
  return step.next(order, text)
}

class Steps {
  readonly #tools: readonly ToolSpec[]
  readonly #past: readonly Past[]
  readonly #words: Words

  constructor (tools: readonly ToolSpec[], past: readonly Past[], words: Words) {
    this.#tools = tools
    this.#past = past
    this.#words = words
  }

  next (order: DeviceOrder, text: string): DeviceStep | undefined {
    switch (order.kind) {
      case 'set': return this.#set(order.quantity, order.value)
      case 'change': return this.#change(order.quantity, order.by)
      case 'ask': return this.#read(order.quantity, value => this.#words.is(order.quantity, value))
      case 'theme': return this.#once(/set_?theme$/i, 'string', order.theme, () => this.#words.done)
      case 'photo': return this.#once(/take_?photo$/i, 'string', text, result => result || this.#words.done)
    }
  }

  #set (quantity: Quantity, value: number): DeviceStep | undefined {
    const inRange = Math.max(0, Math.min(100, Math.round(value)))
    return this.#once(new RegExp(`set_?${quantity}$`, 'i'), 'number', inRange, () => this.#words.now(quantity, inRange))
  }

  #change (quantity: Quantity, by: number): DeviceStep | undefined {
    const before = this.#past.find(({ call }) => isSetter(call.name))
    if (before !== undefined) return this.#set(quantity, Number(Object.values(JSON.parse(before.call.arguments) as object)[0]))
    return this.#read(quantity, value => this.#set(quantity, value + by))
  }

  #read (quantity: Quantity | 'battery', then: (value: number) => DeviceStep | undefined): DeviceStep | undefined {
    const tool = this.#tools.find(({ name }) => new RegExp(`get_(?:device_status|\\w+_${quantity === 'battery' ? 'level' : quantity})$`, 'i').test(name))
    if (tool === undefined) return undefined
    const past = this.#past.find(({ call }) => call.name === tool.name)
    if (past === undefined) return this.#call(tool.name, {})
    const value = readStatus(quantity, past.result)
    return value === undefined ? this.#words.unknown : then(value)
  }

  /** A tool with one argument of this type that matters. */
  #once (pattern: RegExp, type: 'number' | 'string', value: number | string, done: (result: string) => string): DeviceStep | undefined {
    const tool = this.#tools.find(({ name }) => pattern.test(name))
    const argument = tool === undefined ? undefined : argumentOf(tool, type)
    if (tool === undefined || argument === undefined) return undefined
    const past = this.#past.find(({ call }) => call.name === tool.name)
    if (past === undefined) return this.#call(tool.name, { [argument]: value })
    return past.result.startsWith('Error') ? this.#words.failed : done(past.result)
  }

  #call (name: string, values: object): ToolCall {
    return { id: `call_${this.#past.length}`, name, arguments: JSON.stringify(values) }
  }
}

function isSetter (name: string): boolean { return /set_?(?:volume|brightness)$/i.test(name) }

function argumentOf ({ parameters }: ToolSpec, wanted: 'number' | 'string'): string | undefined {
  const properties = Object.entries((parameters['properties'] ?? {}) as Record<string, { readonly type?: string }>)
  return properties.find(([, { type }]) => wanted === 'string' ? type === 'string' : type === 'integer' || type === 'number')?.[0]
}

/** From the status of the whole device, or from a tool that tells this alone. */
function readStatus (quantity: Quantity | 'battery', text: string): number | undefined {
  let value: unknown
  try {
    const status = JSON.parse(text) as Record<string, Record<string, unknown> | undefined> | number
    const [part, key] = ({ volume: ['audio_speaker', 'volume'], brightness: ['screen', 'brightness'], battery: ['battery', 'level'] } as const)[quantity]
    value = typeof status === 'number' ? status : status[part]?.[key]
  } catch {
    return undefined
  }
  return typeof value === 'number' ? Math.round(value) : undefined
}

function pastOf (messages: readonly ChatMessage[]): Past[] {
  return messages.flatMap(message => message.role !== 'assistant' ? [] : message.toolCalls ?? []).flatMap(call => {
    const result = messages.find(message => message.role === 'tool' && message.callId === call.id)
    return result === undefined ? [] : [{ call, result: result.content }]
  })
}
