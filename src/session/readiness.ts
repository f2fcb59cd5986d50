/**
 * When may a device be spoken to that was asked to open its audio channel? It says that it is
 * ready, or listens; and a packet of its own has told where its audio is to be sent.
 */
export class Readiness {
  readonly #waiting: (() => void)[] = []
  #isReady = false
  #isHeard = false

  ready (): void {
    this.#isReady = true
    this.#settle()
  }

  heard (): void {
    if (this.#isHeard) return
    this.#isHeard = true
    this.#settle()
  }

  /** Calls back once, perhaps at once, perhaps never. */
  when (act: () => void): void {
    this.#waiting.push(act)
    this.#settle()
  }

  #settle (): void {
    if (!this.#isReady || !this.#isHeard) return
    for (const act of this.#waiting.splice(0)) act()
  }
}
