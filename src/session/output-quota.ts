/** Devices that are counted; when there are more, the one that was counted first is forgotten. */
const MAX_DEVICES = 100_000

/** What each device was told today, in characters. */
export class OutputQuota {
  readonly #perDay: number
  readonly #now: () => Date
  #day = ''
  readonly #characters = new Map<string, number>()

  /** @param perDay most characters for one device in a day of the server's clock; 0: any number */
  constructor (perDay: number, now: () => Date = () => new Date()) {
    this.#perDay = perDay
    this.#now = now
  }

  add (deviceId: string, characters: number): void {
    if (this.#perDay === 0 || deviceId === '') return
    this.#turnDay()
    this.#characters.set(deviceId, (this.#characters.get(deviceId) ?? 0) + characters)
    if (this.#characters.size <= MAX_DEVICES) return
    const oldest = this.#characters.keys().next()
    if (oldest.done !== true) this.#characters.delete(oldest.value)
  }

  isUsedUp (deviceId: string): boolean {
    if (this.#perDay === 0) return false
    this.#turnDay()
    return (this.#characters.get(deviceId) ?? 0) >= this.#perDay
  }

  #turnDay (): void {
    const day = this.#now().toDateString()
    if (day === this.#day) return
    this.#day = day
    this.#characters.clear()
  }
}
