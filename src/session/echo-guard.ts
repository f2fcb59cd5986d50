import { plain } from './phrases.js'

/** Sentences that may still be in the air: a recogniser hears them seconds later. */
const SENTENCES = 4
/** Share of what was heard that must have been said for it to be an echo. */
const SAME_SHARE = 0.65
/** Shorter texts are in almost every answer: "yes" is no echo of "yesterday". */
const LEAST_CHARACTERS = 4
const GRAM = 3

/**
 * Knows an answer again when the microphone of the device hears it. Texts are compared by their
 * groups of three characters, so a word that the recogniser got wrong does not matter.
 */
export class EchoGuard {
  #spoken: string[] = []

  /** @param sentence what the device was just given to play */
  onSentence (sentence: string): void {
    this.#spoken.push(plain(sentence))
    if (this.#spoken.length > SENTENCES) this.#spoken.shift()
  }

  /** Nothing of it can be heard any more. */
  forget (): void { this.#spoken = [] }

  isEcho (heard: string): boolean {
    const text = plain(heard)
    if (text.length < LEAST_CHARACTERS || this.#spoken.length === 0) return false
    const said = this.#spoken.join('')
    if (said.includes(text)) return true
    const grams = gramsOf(text)
    const known = gramsOf(said)
    let same = 0
    for (const gram of grams) if (known.has(gram)) same++
    return same >= grams.size * SAME_SHARE
  }
}

function gramsOf (text: string): ReadonlySet<string> {
  const grams = new Set<string>()
  for (let at = 0; at + GRAM <= text.length; at++) grams.add(text.slice(at, at + GRAM))
  return grams
}
