import { boundaryAt, endOfClause, endOfMarks, isWide } from './sentence-boundary.js'

export interface SentenceSplitterOptions {
  /**
   * UTF-16 units that a sentence may have before it is cut; 340 of them are at most 1,020 bytes.
   */
  readonly maxLength?: number
}

const DEFAULT_MAX_LENGTH = 200
const LARGEST_MAX_LENGTH = 340
const SMALLEST_MAX_LENGTH = 2

// The first clause goes out before its sentence is complete: the voice starts a few hundred
// milliseconds earlier. Shorter ones are not worth it: "Well," alone sounds like a hiccup.
const MIN_FIRST_WIDE = 2
const MIN_FIRST_WORDS = 3

// An over-long clause is cut at its last comma or space, unless that leaves a mere stump.
const MIN_CUT_SHARE = 0.4

/**
 * Cuts a streamed answer into sentences. What comes out depends on the text alone, not on how the
 * deltas were cut: a mark whose meaning hangs on what follows ("3." or "3.14") waits for it.
 */
export class SentenceSplitter {
  readonly #maxLength: number
  #text = ''
  #halfPair = ''
  #isFirst = true

  constructor (options: SentenceSplitterOptions = {}) {
    this.#maxLength = Math.min(LARGEST_MAX_LENGTH, Math.max(SMALLEST_MAX_LENGTH, options.maxLength ?? DEFAULT_MAX_LENGTH))
  }

  /** The sentences that `delta` completes. */
  push (delta: string): string[] {
    const text = this.#halfPair + delta
    const isCut = text !== '' && isHighSurrogate(text, text.length - 1)
    this.#halfPair = isCut ? text.slice(-1) : ''
    this.#text += isCut ? text.slice(0, -1) : text
    return this.#take(false)
  }

  /** What is left, once the answer is complete. The splitter is as new afterwards. */
  end (): string[] {
    this.#text += this.#halfPair
    this.#halfPair = ''
    const sentences = this.#take(true)
    const rest = this.#text.trim()
    this.#text = ''
    this.#isFirst = true
    return rest === '' ? sentences : [...sentences, rest]
  }

  #take (isEnd: boolean): string[] {
    const sentences: string[] = []
    for (;;) {
      this.#text = this.#text.trimStart()
      const cut = this.#findCut(isEnd)
      if (cut <= 0) return sentences
      const sentence = this.#text.slice(0, cut).trim()
      this.#text = this.#text.slice(cut)
      sentences.push(sentence)
      if (/[\p{L}\p{N}]/u.test(sentence)) this.#isFirst = false
    }
  }

  /** The length of the next sentence; 0 while it is not known. */
  #findCut (isEnd: boolean): number {
    const text = this.#text
    const isLine = text.startsWith('|') || text.startsWith('```') // a table row or a fence: up to its line's end
    for (let index = 0; index < Math.min(text.length, this.#maxLength); index++) {
      const boundary = isLine && text[index] !== '\n' ? 'none' : boundaryAt(text, index, isEnd)
      if (boundary === 'wait') return 0
      if (boundary === 'sentence') return this.#endOf(index, isEnd)
      if (boundary === 'clause' && this.#isFirst && isWorthSpeaking(text.slice(0, index))) return endOfClause(text, index)
    }
    if (text.length <= this.#maxLength) return 0
    return this.#findForcedCut()
  }

  #endOf (index: number, isEnd: boolean): number {
    const end = endOfMarks(this.#text, index, isEnd)
    if (end <= this.#maxLength) return Math.max(0, end)
    return index + 1
  }

  #findForcedCut (): number {
    const text = this.#text
    const least = Math.floor(this.#maxLength * MIN_CUT_SHARE)
    let space = 0
    for (let index = this.#maxLength - 1; index >= least; index--) {
      if (boundaryAt(text, index, true) === 'clause') return index + 1
      if (space === 0 && /\s/.test(text[index]!)) space = index
    }
    if (space > 0) return space
    const isInsidePair = isHighSurrogate(text, this.#maxLength - 1) && !isHighSurrogate(text, this.#maxLength)
    return isInsidePair ? this.#maxLength - 1 : this.#maxLength
  }
}

function isHighSurrogate (text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xd800
}

function isWorthSpeaking (text: string): boolean {
  let wide = 0
  for (const character of text) {
    if (isWide(character) && /\p{L}/u.test(character)) wide++
  }
  if (wide >= MIN_FIRST_WIDE) return true
  return (text.match(/[\p{L}\p{N}][^\s]*/gu)?.length ?? 0) >= MIN_FIRST_WORDS
}
