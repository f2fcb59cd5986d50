const OPEN = '<think>'
const CLOSE = '</think>'

/**
 * Drops what a reasoning model thinks aloud between `<think>` and `</think>`. Tags may be cut
 * anywhere between deltas, so an end that could still become a tag is held back.
 */
export class ThinkFilter {
  #held = ''
  #isThinking = false
  #isAfterThought = false

  push (delta: string): string {
    let text = this.#held + delta
    let spoken = ''
    this.#held = ''
    for (;;) {
      const tag = this.#isThinking ? CLOSE : OPEN
      const at = text.indexOf(tag)
      if (at < 0) {
        const held = heldLength(text, tag)
        this.#held = text.slice(text.length - held)
        if (!this.#isThinking) spoken += this.#speak(text.slice(0, text.length - held))
        return spoken
      }
      if (!this.#isThinking) spoken += this.#speak(text.slice(0, at))
      else this.#isAfterThought = true
      this.#isThinking = !this.#isThinking
      text = text.slice(at + tag.length)
    }
  }

  /** What was held back and became no tag. */
  end (): string {
    const rest = this.#isThinking ? '' : this.#speak(this.#held)
    this.#held = ''
    return rest
  }

  // Blank lines follow a thought; an answer does not begin with them.
  #speak (text: string): string {
    if (!this.#isAfterThought) return text
    const trimmed = text.trimStart()
    if (trimmed !== '') this.#isAfterThought = false
    return trimmed
  }
}

/** How many characters at the end of `text` could be the beginning of `tag`. */
function heldLength (text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(tag.slice(0, length))) return length
  }
  return 0
}
