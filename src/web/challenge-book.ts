const MAX_DEVICES = 10_000

/** Two may claim one Device-Id: each has its own activation. */
interface Claimant { readonly deviceId: string, readonly clientId: string }

/**
 * Which challenge each device was given last. Once its activation is done a challenge is spent: a
 * proof that was overheard opens nothing.
 */
export class ChallengeBook {
  readonly #challenges = new Map<string, string>()

  remember (claimant: Claimant, challenge: string): void {
    this.spend(claimant)
    this.#challenges.set(keyOf(claimant), challenge)
    if (this.#challenges.size > MAX_DEVICES) this.#challenges.delete(this.#challenges.keys().next().value!)
  }

  find (claimant: Claimant): string | undefined { return this.#challenges.get(keyOf(claimant)) }
  spend (claimant: Claimant): void { this.#challenges.delete(keyOf(claimant)) }
}

function keyOf ({ deviceId, clientId }: Claimant): string { return `${deviceId} ${clientId}` }
