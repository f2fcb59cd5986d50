import { readNumber, readOrdinal } from './english-numbers.js'
import { endsOperand, type MathToken, numberToken, operatorToken } from './math-token.js'

const phrases: ReadonlyMap<string, readonly MathToken[]> = new Map<string, readonly MathToken[]>([
  ...['plus', '+', 'added to'].map(phrase => [phrase, [operatorToken('+')]] as const),
  ...['minus', '-', 'less', 'take away', 'negative'].map(phrase => [phrase, [operatorToken('-')]] as const),
  ...['times', '*', 'x', '×', 'multiplied by', 'multiplied with', 'of'].map(phrase => [phrase, [operatorToken('*')]] as const),
  ...['divided by', '/', '÷', 'over'].map(phrase => [phrase, [operatorToken('/')]] as const),
  ...['mod', 'modulo', 'modulus'].map(phrase => [phrase, [operatorToken('mod')]] as const),
  ...['^', '* *', 'to the power of', 'to the power', 'raised to the power of', 'raised to the power', 'raised to'].map(phrase => [phrase, [operatorToken('^')]] as const),
  ...['%', 'percent', 'per cent'].map(phrase => [phrase, [{ kind: 'percent' }]] as const),
  ...['(', 'open bracket', 'open brackets', 'open parenthesis', 'open parentheses', 'left bracket', 'left parenthesis'].map(phrase => [phrase, [{ kind: 'open' }]] as const),
  ...[')', 'close bracket', 'close brackets', 'close parenthesis', 'close parentheses', 'right bracket', 'right parenthesis', 'closed bracket'].map(phrase => [phrase, [{ kind: 'close' }]] as const),
  ...['squared', '²'].map(phrase => [phrase, [{ kind: 'power-after', exponent: 2 }]] as const),
  ...['cubed', '³'].map(phrase => [phrase, [{ kind: 'power-after', exponent: 3 }]] as const),
  ...['square root of', 'square root', 'root of', 'root', 'sqrt', 'sqrt of', '√'].map(phrase => [phrase, [{ kind: 'power-before', exponent: 0.5 }]] as const),
  ...['cube root of', 'cubic root of', 'third root of'].map(phrase => [phrase, [{ kind: 'power-before', exponent: 1 / 3 }]] as const),
  ...['square of', 'square'].map(phrase => [phrase, [{ kind: 'power-before', exponent: 2 }]] as const),
  ['cube of', [{ kind: 'power-before', exponent: 3 }]],
  ...['add', 'sum of', 'sum'].map(phrase => [phrase, [{ kind: 'call', operator: '+' }]] as const),
  ...['multiply', 'product of'].map(phrase => [phrase, [{ kind: 'call', operator: '*' }]] as const),
  ...['divide', 'quotient of'].map(phrase => [phrase, [{ kind: 'call', operator: '/' }]] as const),
  ...['subtract', 'difference between', 'difference of', 'take'].map(phrase => [phrase, [{ kind: 'call', operator: '-' }]] as const),
  ...['and', 'to', 'by', 'with'].map(phrase => [phrase, [{ kind: 'joint', isReversed: false }]] as const),
  ...['from', 'away from'].map(phrase => [phrase, [{ kind: 'joint', isReversed: true }]] as const),
  ...['half of', 'half'].map(phrase => [phrase, [numberToken(0.5), operatorToken('*')]] as const),
  ...['a quarter of', 'quarter of'].map(phrase => [phrase, [numberToken(0.25), operatorToken('*')]] as const),
  ...['a third of', 'one third of'].map(phrase => [phrase, [numberToken(1 / 3), operatorToken('*')]] as const),
  ...['double', 'twice'].map(phrase => [phrase, [numberToken(2), operatorToken('*')]] as const),
  ['triple', [numberToken(3), operatorToken('*')]],
  ...['a dozen', 'dozen'].map(phrase => [phrase, [numberToken(12)]] as const)
])

const LONGEST_PHRASE = 5
const silent = new Set(['the', ',', 'equals', 'equal', '='])

// What stands around the sum in a question.
const before = /^(?:(?:hey|hi|hello|okay|ok|so|and|then|um|uh|well|now|please|can you|could you|would you|will you|tell me|do you know|i want to know|let me know|calculate|compute|evaluate|solve|work out|figure out|what is|what's|whats|what are|what does|what do you get (?:if you|when you)|how much is|how much are|how much does|how many is|how many are|the (?:answer|result|value) (?:of|to))\b[\s,.:;!]*)+/
const after = /(?:[\s,.:;!?=]+|\b(?:equals?|equal to|is|makes?|gives?|come to|please|thanks|thank you|for me|what|how much))$/

/** The sum in an English sentence; undefined if a word of it belongs to none. */
export function readEnglishSum (sentence: string): MathToken[] | undefined {
  const words = wordsOf(sentence)
  const tokens: MathToken[] = []
  for (let at = 0; at < words.length;) {
    const length = readOne(words, at, tokens)
    if (length === 0) return undefined
    at += length
  }
  return tokens
}

function wordsOf (sentence: string): string[] {
  let text = sentence.toLowerCase().replace(/[‘’]/g, '\'').replace(/[–−—]/g, '-').replace(before, '')
  while (after.test(text)) text = text.replace(after, '')
  return text
    .replace(/\b((?:twen|thir|for|fif|six|seven|eigh|nine)ty)-(?=[a-z])/g, '$1 ') // a hyphen, no minus
    .replace(/\*\*/g, '^')
    .match(/\d[\d,]*\.\d+|\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:st|nd|rd|th)?\b|\d+|\.\d+|[a-z']+|\S/g) ?? []
}

/** Appends what begins at `words[at]`; how many words it has, 0 if it is unknown. */
function readOne (words: readonly string[], at: number, tokens: MathToken[]): number {
  const ordinal = words[at] === 'to' ? readOrdinalPower(words, at) : undefined
  if (ordinal !== undefined) {
    tokens.push(operatorToken('^'), numberToken(ordinal.value))
    return ordinal.length
  }
  for (let length = LONGEST_PHRASE; length > 0; length--) {
    const found = phrases.get(words.slice(at, at + length).join(' '))
    if (found === undefined || at + length > words.length) continue
    const [first] = found
    if (first?.kind === 'call' && endsOperand(tokens.at(-1))) tokens.push(operatorToken(first.operator)) // "5 add 7"
    else tokens.push(...found)
    return length
  }
  const number = readNumber(words, at)
  if (number !== undefined) tokens.push(numberToken(number.value))
  return number?.length ?? (silent.has(words[at]!) ? 1 : 0)
}

/** "to the tenth power", "to the 10th". */
function readOrdinalPower (words: readonly string[], at: number): { value: number, length: number } | undefined {
  const from = words[at + 1] === 'the' ? at + 2 : at + 1
  const value = readOrdinal(words[from] ?? '')
  return value === undefined ? undefined : { value, length: from + (words[from + 1] === 'power' ? 2 : 1) - at }
}
