import type { Config } from '../core/config-schema.js'
import type { DeviceRecord } from '../core/device-directory.js'

export interface AdmissionFacts {
  readonly mode: Config['auth']['mode']
  readonly admission: Config['auth']['admission']
  /** Undefined for a device that is not known. */
  readonly record: Pick<DeviceRecord, 'state' | 'clientId'> | undefined
  readonly clientId: string
  /** Comes from a private or loopback address. */
  readonly isLocal: boolean
  /** Stands in `auth.allowedDevices`. */
  readonly isListed: boolean
}

/**
 * `enter`: known and let in. `admit`: new and let in, its Client-Id is pinned. `activate`: somebody
 * must approve its code. `refuse`: not at all.
 */
export type Admission = 'enter' | 'admit' | 'activate' | 'refuse'

/** What becomes of a device that registers. Both ids are its own word; only a code proves more. */
export function judgeAdmission ({ mode, admission, record, clientId, isLocal, isListed }: AdmissionFacts): Admission {
  if (mode === 'open') return record === undefined ? 'admit' : 'enter'
  if (record?.state === 'revoked') return 'refuse'
  if (admission === 'allowlist' && !isListed) return 'refuse'
  if (record !== undefined && record.clientId !== clientId) return 'activate'
  if (record?.state === 'bound') return 'enter'
  const needsNoCode = isListed || (admission === 'open' && isLocal)
  if (!needsNoCode) return 'activate'
  return record === undefined ? 'admit' : 'enter'
}
