import { isNewerVersion } from '../protocol/firmware-version.js'
import type { OtaRequest } from '../protocol/ota.js'
import type { FirmwareCatalogue, FirmwareFile } from './firmware-catalogue.js'

const MAX_REMEMBERED = 100_000

/** Which firmware a device is offered: the newest one for its own board, or one that is forced. */
export class FirmwareOffers {
  readonly #catalogue: FirmwareCatalogue
  /** Device and file that force was said for: said twice it would be a loop of flashing. */
  readonly #forced = new Set<string>()

  constructor (catalogue: FirmwareCatalogue) {
    this.#catalogue = catalogue
  }

  /** @returns undefined where there is nothing for it */
  async find ({ deviceId, board, version }: Pick<OtaRequest, 'deviceId' | 'board' | 'version'>): Promise<FirmwareFile | undefined> {
    if (board === undefined || version === undefined) return undefined
    const files = (await this.#catalogue.files()).filter(file => file.board === board)
    const target = newest(files.filter(({ isForced }) => isForced)) ?? newest(files)
    if (target === undefined || target.version === version) return undefined
    if (target.isForced && this.#forceOnce(`${deviceId} ${target.file}`)) return target
    return isNewerVersion(target.version, version) ? { ...target, isForced: false } : undefined
  }

  #forceOnce (key: string): boolean {
    if (this.#forced.has(key)) return false
    this.#forced.add(key)
    if (this.#forced.size > MAX_REMEMBERED) this.#forced.delete(this.#forced.values().next().value!)
    return true
  }
}

function newest (files: readonly FirmwareFile[]): FirmwareFile | undefined {
  let best = files[0]
  for (const file of files) if (best === undefined || isNewerVersion(file.version, best.version)) best = file
  return best
}
