const MAX_DEVICES = 10_000

/**
 * Which challenge each device was given last. Once its activation is done a challenge is spent: a
 * proof that was overheard opens nothing.
 */
export class ChallengeBook {
  readonly #challenges = new Map<string, string>()

  remember (deviceId: string, challenge: string): void {
    this.#challenges.delete(deviceId)
    this.#challenges.set(deviceId, challenge)
    if (this.#challenges.size <= MAX_DEVICES) return
    const oldest = this.#challenges.keys().next()
    if (oldest.done !== true) this.#challenges.delete(oldest.value)
  }

  find (deviceId: string): string | undefined { return this.#challenges.get(deviceId) }
  spend (deviceId: string): void { this.#challenges.delete(deviceId) }
}
