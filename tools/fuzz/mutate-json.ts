import { mutateBytes } from './mutate-bytes.js'
import type { Random } from './random.js'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Values that programs trip over. */
const ODD_TEXTS = ['', ' ', '\0', '"', '\\', '%s%n', '\ud800', '\udfff😀', '\u202e', '__proto__', '../../../etc/passwd', '{"type":"hello"}', '‮', '\r\n\r\n']
const ODD_NUMBERS = [0, -0, -1, 1.5, 1e308, -1e308, 2 ** 31, -(2 ** 31), 2 ** 53, 5e-324, 65_536, 24_000.5]
const ODD_NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '', 'type', 'session_id']
const REPEATED = ['a', '"', '\\', '[', '{"a":', ' ', '你', '"id":1,"error":{"message":"', '</', '\ufffd']

/**
 * The same message as another program would write it: members in another order, other blanks,
 * escapes where none are needed, members that nobody knows. What a reader finds in it is the same.
 */
export function varyJson (random: Random, message: Json): string {
  const blank = (): string => random.chance(0.8) ? '' : random.pick([' ', '\n', '\t', '\r\n  '])
  const write = (value: Json, depth: number): string => {
    if (typeof value === 'string') return writeText(random, value)
    if (Array.isArray(value)) return `[${blank()}${value.map(entry => write(entry, depth + 1)).join(`${blank()},${blank()}`)}]`
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}${blank()}:${blank()}${write(member, depth + 1)}`)
    if (depth < 2 && random.chance(0.3)) members.push(`"x_${random.below(1e9)}":${JSON.stringify(oddValue(random, 2))}`)
    return `{${blank()}${shuffle(random, members).join(`${blank()},${blank()}`)}${blank()}}`
  }
  return `${blank()}${write(message, 0)}${blank()}`
}

/** A message with something wrong in what it says, in how it is written, or in both. */
export function mutateJson (random: Random, message: Json, maxBytes: number): Buffer {
  let value = message
  for (let count = random.between(0, 3); count > 0; count--) value = mutateValue(random, value, 0)
  const text = random.chance(0.3) ? varyJson(random, value) : JSON.stringify(value)
  const bytes = Buffer.from(random.chance(0.3) ? breakText(random, text) : text)
  return random.chance(0.2) ? mutateBytes(random, bytes, maxBytes) : bytes.subarray(0, maxBytes)
}

function mutateValue (random: Random, value: Json, depth: number): Json {
  const names = typeof value === 'object' && value !== null ? Object.keys(value) : []
  if (names.length === 0 || random.chance(0.15 + 0.1 * depth)) return oddValue(random, 3)
  if (Array.isArray(value)) return mutateList(random, value as readonly Json[], depth)
  const members = Object.entries(value as Readonly<Record<string, Json>>)
  const at = random.below(members.length)
  const [name, member] = members[at]!
  switch (random.below(6)) {
    case 0: members.splice(at, 1); break
    case 1: members[at] = [random.pick(ODD_NAMES), member]; break
    case 2: members.push([random.pick(ODD_NAMES), oddValue(random, 3)]); break
    case 3: members[at] = [name, [member]]; break
    default: members[at] = [name, mutateValue(random, member, depth + 1)]
  }
  return Object.fromEntries(members) as Json
}

function mutateList (random: Random, list: readonly Json[], depth: number): Json {
  const at = random.below(list.length)
  if (random.chance(0.2)) return Array.from({ length: random.between(2, 200) }, () => list[at]!)
  return list.map((entry, index) => index === at ? mutateValue(random, entry, depth + 1) : entry)
}

function oddValue (random: Random, depth: number): Json {
  switch (random.below(depth > 0 ? 8 : 5)) {
    case 0: return null
    case 1: return random.chance(0.5)
    case 2: return random.pick(ODD_NUMBERS)
    case 3: return random.pick(ODD_TEXTS)
    case 4: return random.pick(REPEATED).repeat(random.pick([1, 30, 1000, 4000]))
    case 5: return Array.from({ length: random.below(4) }, () => oddValue(random, depth - 1))
    case 6: return nested(random, random.pick([10, 100, 300]))
    default: {
      const members = Array.from({ length: random.below(4) }, () => [random.pick(ODD_NAMES), oddValue(random, depth - 1)])
      return Object.fromEntries(members) as Json
    }
  }
}

function nested (random: Random, depth: number): Json {
  let value: Json = 1
  const isList = random.chance(0.5)
  for (let count = 0; count < depth; count++) value = isList ? [value] : { a: value }
  return value
}

// What firmware does that concatenates its JSON, and worse.
function breakText (random: Random, text: string): string {
  const at = random.below(text.length + 1)
  switch (random.below(6)) {
    case 0: return text.slice(0, at)
    case 1: return `${text.slice(0, at)}${random.pick(['"', '\\', '\\u12', ',', '}', '\n', '\0', 'NaN'])}${text.slice(at)}`
    case 2: return text + text
    case 3: return `${text.slice(0, at)}${random.pick(REPEATED).repeat(random.pick([10, 500, 2000]))}${text.slice(at)}`
    case 4: return text.replaceAll('"', '\'')
    default: return `\ufeff${text}`
  }
}

function writeText (random: Random, text: string): string {
  if (random.chance(0.9)) return JSON.stringify(text)
  return `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
}

function shuffle<T> (random: Random, list: readonly T[]): T[] {
  const order = [...list]
  for (let at = order.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [order[at], order[other]] = [order[other]!, order[at]!]
  }
  return order
}
