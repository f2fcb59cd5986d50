import type { DeviceFacts, DeviceStanding, StoreApi } from '../core/device-directory.js'
import { describeError } from '../core/errors.js'
import type { Log } from '../core/log.js'

/** A device that is connected, and what was known of it when it was let in. */
export interface Guest {
  readonly deviceId: string
  readonly facts: DeviceFacts
  leave (why: string): void
}

export interface WatchOptions {
  readonly store: Pick<StoreApi, 'revision' | 'standings'>
  /** 0: never. */
  readonly everyMs: number
  readonly guests: () => Iterable<Guest>
  readonly log: Log
}

/**
 * Devices are decided about by other processes, too. What was decided counts for those that are
 * connected as well: one that is refused from now on, or whose token is void, is sent away.
 */
export class StandingWatch {
  readonly #options: WatchOptions
  readonly #timer: NodeJS.Timeout | undefined
  #revision = ''
  /** One that was looked up before the decision may have become a guest after the last look. */
  #isDoubtful = false
  #looking: Promise<void> | undefined

  constructor (options: WatchOptions) {
    this.#options = options
    if (options.everyMs > 0) this.#timer = setInterval(() => { void this.look() }, options.everyMs).unref()
  }

  /** Looks now; whoever asks meanwhile waits for the same look. Never rejects. */
  look (): Promise<void> {
    this.#looking ??= this.#look().catch((error: unknown) => {
      this.#options.log.debug('connected devices were not looked up', { error: describeError(error) })
    }).finally(() => { this.#looking = undefined })
    return this.#looking
  }

  close (): void { clearInterval(this.#timer) }

  async #look (): Promise<void> {
    const { store, guests } = this.#options
    const revision = await store.revision()
    const isNew = revision !== this.#revision
    if (!isNew && !this.#isDoubtful) return
    const kept = [...guests()].filter(({ facts }) => facts.isKept)
    const standings = kept.length === 0 ? [] : await store.standings(kept.map(({ deviceId }) => deviceId))
    this.#revision = revision
    this.#isDoubtful = isNew
    const byId = new Map(standings.map(standing => [standing.deviceId, standing]))
    for (const guest of kept) this.#judge(guest, byId.get(guest.deviceId))
  }

  #judge (guest: Guest, standing: DeviceStanding | undefined): void {
    const why = faultOf(guest.facts, standing)
    if (why === undefined) return
    this.#options.log.info('a device was sent away', { device: guest.deviceId, why })
    guest.leave(why)
  }
}

function faultOf ({ keyVersion }: DeviceFacts, standing: DeviceStanding | undefined): string | undefined {
  if (standing === undefined) return 'the device is forgotten'
  if (standing.state === 'revoked') return 'the device is revoked'
  return keyVersion !== undefined && keyVersion !== standing.keyVersion ? 'the device has another key' : undefined
}
