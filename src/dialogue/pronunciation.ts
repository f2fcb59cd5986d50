const SEPARATOR = '|'

/** Words that a voice says wrongly, and how they are written for it to say them rightly. */
export class Pronunciation {
  readonly #spoken = new Map<string, string>()
  readonly #pattern: RegExp | undefined

  /** @param rules `written|spoken`; of two that begin alike the longer one counts */
  constructor (rules: readonly string[]) {
    for (const rule of rules) {
      const at = rule.indexOf(SEPARATOR)
      this.#spoken.set(rule.slice(0, at), rule.slice(at + 1))
    }
    const written = [...this.#spoken.keys()].sort((one, other) => other.length - one.length)
    this.#pattern = written.length === 0 ? undefined : new RegExp(written.map(escape).join('|'), 'gu')
  }

  /** What the voice is given for a sentence that screens show as it is. */
  of (sentence: string): string {
    if (this.#pattern === undefined) return sentence
    return sentence.replace(this.#pattern, word => this.#spoken.get(word) ?? word)
  }
}

function escape (text: string): string { return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&') }
