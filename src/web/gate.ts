/** Lets in so many at once and no more. */
export class Gate {
  readonly #places: number
  #taken = 0
  #refused = 0

  constructor (places: number) {
    this.#places = places
  }

  get taken (): number { return this.#taken }
  get refused (): number { return this.#refused }

  /** @returns false when it is full; whoever is let in must leave */
  enter (): boolean {
    if (this.#taken >= this.#places) {
      this.#refused++
      return false
    }
    this.#taken++
    return true
  }

  leave (): void { this.#taken-- }
}
