import type { Config } from '../../core/config-schema.js'
import type { DownloadOptions } from './download.js'
import type { TrustOptions } from './trusted-sums.js'
import type { FileFacts } from './unpack.js'

export interface InstallOptions extends TrustOptions, Pick<DownloadOptions, 'signal' | 'onProgress' | 'onTrouble'> {
  readonly config: Pick<Config, 'data' | 'models'>
  readonly acceptLicence?: boolean
  /** In place of all mirrors. */
  readonly from?: string | undefined
  /** In place of a download: a file that was brought by hand. */
  readonly file?: string | undefined
  readonly onStep: (text: string) => void
}

/** A file or archive that is there and right, or the files of the model themselves. */
export interface Source {
  readonly from: string
  readonly path: string
  /** Of the archive; none where the files came one by one. */
  readonly sha256?: string
  /** Where there was no archive: the files of the model, already in their folder. */
  readonly files?: Map<string, FileFacts>
}
