const sentences = [
  'That is a good question, and I am happy to answer it.',
  'The short version fits into one sentence.',
  'Most people find it out by themselves after a while.',
  'It takes a little patience and nothing else.',
  'Start with the easy part and leave the rest for later.',
  'If it does not work at once, try it again tomorrow.',
  'There is always another way to look at it.',
  'Ask me again whenever you like.'
]
/** About what a voice says in a second, spaces not counted. */
const LETTERS_PER_SECOND = 12.5

/** The one reply that there is, and how long any part of it takes to speak. */
export class Reply {
  readonly text: string
  readonly tokens: readonly string[]
  readonly #secondsPerLetter: number

  constructor (seconds: number) {
    const chosen = [sentences[0]!]
    for (let at = 1; countLetters(chosen.join('')) < seconds * LETTERS_PER_SECOND; at++) chosen.push(sentences[at % sentences.length]!)
    this.text = chosen.join(' ')
    this.tokens = splitTokens(this.text)
    this.#secondsPerLetter = seconds / countLetters(this.text)
  }

  /**
   * Spaces count nothing, so that the sentences of an answer add up to the whole however it is cut.
   */
  secondsOf (text: string): number { return countLetters(text) * this.#secondsPerLetter }
}

/** Words with the space before them: what a model streams. */
export function splitTokens (text: string): string[] { return text.split(/(?= )/) }

function countLetters (text: string): number { return text.replace(/\s+/g, '').length }
