import { readCharacters } from './chinese-numbers.js'
import { readNumber } from './english-numbers.js'

export type Quantity = 'volume' | 'brightness'

/** What a user wants of the device itself. */
export type DeviceOrder =
  | { readonly kind: 'set', readonly quantity: Quantity, readonly value: number }
  | { readonly kind: 'change', readonly quantity: Quantity, readonly by: number }
  | { readonly kind: 'ask', readonly quantity: Quantity | 'battery' }
  | { readonly kind: 'theme', readonly theme: 'dark' | 'light' }
  | { readonly kind: 'photo' }

/** "Louder" is a step that is heard, and not more. */
const STEP = 10

export function readEnglishOrder (text: string): DeviceOrder | undefined {
  const words = text.toLowerCase().replace(/[^a-z0-9.' ]+/g, ' ')
  if (/\b(?:take|make|shoot) (?:a |another )?(?:photo|picture|snapshot)\b|\bwhat (?:do|can) you see\b/.test(words)) return { kind: 'photo' }
  const theme = /\b(dark|night|light|day) (?:mode|theme)\b/.exec(words)
  if (theme !== null) return { kind: 'theme', theme: theme[1] === 'dark' || theme[1] === 'night' ? 'dark' : 'light' }
  if (/\bhow (?:much|full).*\bbattery\b|\bbattery (?:level|charge|status)\b|\bwhat(?:'s| is).* battery\b/.test(words)) return { kind: 'ask', quantity: 'battery' }
  if (/^\W*(?:please )?mute\b|\bmute (?:yourself|the (?:sound|speaker|volume))\b/.test(words)) return { kind: 'set', quantity: 'volume', value: 0 }
  const quantity = /\b(?:volume|sound|loud(?:er|ness)?|quiet(?:er)?|softer)\b/.test(words)
    ? 'volume'
    : /\b(?:brightness|brighter|dim(?:mer)?|darker|screen)\b/.test(words) ? 'brightness' : undefined
  return quantity === undefined ? undefined : readEnglishAmount(words, quantity)
}

function readEnglishAmount (text: string, quantity: Quantity): DeviceOrder | undefined {
  if (/^\W*(?:what|why|who|when|where|which|how)\b/.test(text)) return /\b(?:volume|brightness|loud|bright)\b/.test(text) ? { kind: 'ask', quantity } : undefined
  const words = text.split(/\s+/).map(word => word.replace(/\.+$/, '')).filter(word => word !== '')
  const number = words.map((_, at) => readNumber(words, at)).find(read => read !== undefined)?.value
  const direction = /\b(?:up|increase|raise|higher|louder|more|brighter)\b/.test(text) ? 1 : /\b(?:down|decrease|reduce|lower|less|quieter|softer|dim|dimmer|darker)\b/.test(text) ? -1 : 0
  if (number !== undefined && (direction === 0 || /\bto\b/.test(text))) return { kind: 'set', quantity, value: number }
  if (/\b(?:full|max|maximum|highest)\b/.test(text)) return { kind: 'set', quantity, value: 100 }
  return direction === 0 ? undefined : { kind: 'change', quantity, by: direction * (number ?? STEP) }
}

export function readChineseOrder (text: string): DeviceOrder | undefined {
  if (/拍(?:一)?张|拍个?照|照张相|(?:你|能)看(?:到|见)(?:了)?什么/.test(text)) return { kind: 'photo' }
  if (/(?:深色|暗色|黑色|夜间)(?:模式|主题)/.test(text)) return { kind: 'theme', theme: 'dark' }
  if (/(?:浅色|亮色|白色|白天|日间)(?:模式|主题)/.test(text)) return { kind: 'theme', theme: 'light' }
  if (/电量|(?:还有|剩)多少电|电池/.test(text)) return { kind: 'ask', quantity: 'battery' }
  if (/静音/.test(text)) return { kind: 'set', quantity: 'volume', value: 0 }
  const quantity = /音量|声音|大声|小声/.test(text) ? 'volume' : /亮度|屏幕/.test(text) ? 'brightness' : undefined
  return quantity === undefined ? undefined : readChineseAmount(text, quantity)
}

function readChineseAmount (text: string, quantity: Quantity): DeviceOrder | undefined {
  const amount = /(\d+)|(?:百分之)?([零一二三四五六七八九十百两]+)(?![点些下度])/.exec(text)
  const number = amount === null ? undefined : amount[1] === undefined ? readCharacters(amount[2]!) : Number(amount[1])
  const direction = /大|高|响|亮(?!度)/.test(text) ? 1 : /小|低|轻|暗/.test(text) ? -1 : 0
  if (number !== undefined && (direction === 0 || /[到至成为]/.test(text))) return { kind: 'set', quantity, value: number }
  if (/多少|多大|多亮|几/.test(text)) return { kind: 'ask', quantity }
  if (/最[大高亮]/.test(text)) return { kind: 'set', quantity, value: 100 }
  return direction === 0 ? undefined : { kind: 'change', quantity, by: direction * (number ?? STEP) }
}
