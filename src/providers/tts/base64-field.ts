const MOST_HEAD_CHARACTERS = 65_536
const notBase64 = /[^A-Za-z0-9+/=]/

/** Reads one long text of base64 out of JSON while it arrives: sound does not wait for its end. */
export class Base64Field {
  readonly #begin: RegExp
  #head = ''
  #rest = ''
  #state: 'before' | 'inside' | 'after' = 'before'

  /** @param name of the field, at whatever depth it comes first */
  constructor (name: string) {
    this.#begin = new RegExp(`"${name}"\\s*:\\s*"`)
  }

  /** All that came before the field; everything, while it has not come. */
  get head (): string { return this.#head }
  get hasBegun (): boolean { return this.#state !== 'before' }
  get isComplete (): boolean { return this.#state === 'after' }

  /**
   * The bytes that `text` completes.
   * @throws Error where it is not base64, or does not come
   */
  push (text: string): Buffer {
    if (this.#state === 'after') return Buffer.alloc(0) // what follows the field
    if (this.#state === 'inside') return this.#decode(text)
    this.#head += text
    const begin = this.#begin.exec(this.#head)
    if (begin === null) {
      if (this.#head.length > MOST_HEAD_CHARACTERS) throw new Error('JSON without sound')
      return Buffer.alloc(0)
    }
    const body = this.#head.slice(begin.index + begin[0].length)
    this.#head = this.#head.slice(0, begin.index)
    this.#state = 'inside'
    return this.#decode(body)
  }

  #decode (text: string): Buffer {
    const all = this.#rest + text
    const end = all.indexOf('"')
    if (end >= 0) this.#state = 'after'
    const field = (end < 0 ? all : all.slice(0, end)).replaceAll('\\/', '/') // JSON may escape it
    const usable = end < 0 ? field.length - field.length % 4 : field.length
    const whole = field.slice(0, usable)
    if (notBase64.test(whole)) {
      // A backslash at the very end waits for what it escapes.
      if (end >= 0 || !whole.endsWith('\\') || notBase64.test(whole.slice(0, -1))) throw new Error('sound that is not base64')
      this.#rest = field
      return Buffer.alloc(0)
    }
    this.#rest = field.slice(usable)
    return Buffer.from(whole, 'base64')
  }
}
