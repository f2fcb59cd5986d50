import { type Mood, moodOf, withoutEmoji } from './emotion.js'
import { cleanMarkdownInline, cleanMarkdownLine, isTableRow, isTableRule, tableCells } from './markdown.js'

export interface SpeechSentence {
  /** What is to be said; empty if nothing is. */
  readonly text: string
  /** The face to show; undefined if the sentence has no emoji. */
  readonly mood: Mood | undefined
}

const FENCE = /```|~~~/

/**
 * Turns the sentences of one answer into what a voice can say. It remembers between sentences
 * whether it is inside a code block or a table, so the answer may be cut anywhere between two of
 * them.
 */
export class SpeechText {
  #isCode = false
  #header: readonly string[] | undefined

  clean (sentence: string): SpeechSentence {
    const lines = sentence.split('\n').map(line => this.#cleanLine(line))
    const text = tidy(lines.filter(line => line !== '').join(' '))
    return { text: isSpeakable(text) ? text : '', mood: moodOf(sentence) }
  }

  #cleanLine (line: string): string {
    const prose = this.#dropCode(line)
    if (isTableRow(prose)) return this.#cleanRow(withoutEmoji(prose))
    if (prose.trim() !== '') this.#header = undefined
    return withoutEmoji(cleanMarkdownLine(prose))
  }

  // A fence may open and close within one line; what stands around it is spoken.
  #dropCode (line: string): string {
    let prose = ''
    for (const [index, part] of line.split(FENCE).entries()) {
      if (index > 0) this.#isCode = !this.#isCode
      if (!this.#isCode) prose += part
    }
    return prose
  }

  // Spoken, a table is a list of "column: value"; the header is said once, before its rows.
  #cleanRow (line: string): string {
    if (isTableRule(line)) return ''
    const cells = tableCells(line).map(cell => tidy(cleanMarkdownInline(cell)))
    const isChinese = /\p{Script=Han}/u.test(line)
    const comma = isChinese ? '，' : ', '
    const stop = isChinese ? '。' : '.'
    if (this.#header === undefined) {
      this.#header = cells
      return cells.filter(isSpeakable).join(comma) + stop
    }
    const header = this.#header
    const colon = isChinese ? '：' : ': '
    return cells.map((cell, index) => isSpeakable(header[index] ?? '') ? `${header[index]!}${colon}${cell}` : cell)
      .filter((_, index) => isSpeakable(cells[index]!)).join(comma) + stop
  }
}

/** A sentence that stands alone, cleaned. */
export function speechTextOf (sentence: string): SpeechSentence {
  return new SpeechText().clean(sentence)
}

function isSpeakable (text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text)
}

// Marks that a cut left at the front would be read aloud by simple voices, or paused at.
function tidy (text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/ +([,;!?，。！？；：、]|\.(?!\d))/g, '$1')
    .replace(/^(?:[\s,;:!?，。！？；：、)\]）】』」”’·~～]|\.(?!\d))+/u, '')
    .trim()
}
