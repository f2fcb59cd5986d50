import type { DeviceDirectory } from '../core/device-directory.js'
import { isNewerVersion } from '../protocol/firmware-version.js'
import type { OtaRequest } from '../protocol/ota.js'
import type { FirmwareCatalogue, FirmwareFile } from './firmware-catalogue.js'

/** Which firmware a device is offered: the newest one for its own board, or one that is forced. */
export class FirmwareOffers {
  readonly #catalogue: FirmwareCatalogue
  readonly #directory: Pick<DeviceDirectory, 'forceOnce'>

  constructor (catalogue: FirmwareCatalogue, directory: Pick<DeviceDirectory, 'forceOnce'>) {
    this.#catalogue = catalogue
    this.#directory = directory
  }

  /** @returns undefined where there is nothing for it */
  async find ({ deviceId, board, version }: Pick<OtaRequest, 'deviceId' | 'board' | 'version'>): Promise<FirmwareFile | undefined> {
    if (board === undefined || version === undefined) return undefined
    const files = (await this.#catalogue.files()).filter(file => file.board === board)
    const target = newest(files.filter(({ isForced }) => isForced)) ?? newest(files)
    if (target === undefined || target.version === version) return undefined
    if (target.isForced && await this.#directory.forceOnce(deviceId, target.file)) return target
    return isNewerVersion(target.version, version) ? { ...target, isForced: false } : undefined
  }
}

function newest (files: readonly FirmwareFile[]): FirmwareFile | undefined {
  let best = files[0]
  for (const file of files) if (best === undefined || isNewerVersion(file.version, best.version)) best = file
  return best
}
