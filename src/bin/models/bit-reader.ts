import { closeSync, openSync, readSync } from 'node:fs'
import { Bzip2Error } from './bzip2-error.js'

const INPUT_BYTES = 1 << 16

/** A file as bits, the most significant one of each byte first. */
export class BitReader {
  readonly #file: number
  readonly #input = Buffer.allocUnsafe(INPUT_BYTES)
  #at = 0
  #end = 0
  /** The low `#count` bits are still to be read; never more than 31. */
  #bits = 0
  #count = 0

  constructor (path: string) {
    this.#file = openSync(path, 'r')
  }

  /** At most 24 at once: they and the seven left from before fit into 31 bits. */
  read (count: number): number {
    while (this.#count < count) {
      this.#bits = (this.#bits << 8 | this.#nextByte()) & 0x7fffffff
      this.#count += 8
    }
    this.#count -= count
    return this.#bits >>> this.#count & (1 << count) - 1
  }

  read32 (): number { return this.read(16) * 0x10000 + this.read(16) }

  alignToByte (): void { this.#count -= this.#count % 8 }

  isAtEnd (): boolean {
    return this.#count === 0 && this.#at >= this.#end && !this.#fill()
  }

  close (): void { closeSync(this.#file) }

  #nextByte (): number {
    if (this.#at >= this.#end && !this.#fill()) throw new Bzip2Error('it ends too early')
    return this.#input[this.#at++]!
  }

  #fill (): boolean {
    this.#end = readSync(this.#file, this.#input, 0, INPUT_BYTES, null)
    this.#at = 0
    return this.#end > 0
  }
}
