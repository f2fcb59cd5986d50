/** What is known of a device for good. */
export interface DeviceRecord {
  /** As the device states it, in lower case. */
  readonly deviceId: string
  /** The Client-Id that this Device-Id belongs to since it was first admitted. */
  readonly clientId: string
  /** `admitted`: let in by rule. `bound`: somebody approved its code. `revoked`: refused. */
  readonly state: 'admitted' | 'bound' | 'revoked'
  /** Of the device's own key: random, base64url, 32 bytes. Rotation replaces it and counts up. */
  readonly key: string
  readonly keyVersion: number
  /** BCP 47 primary subtag that the device registered with. */
  readonly language: string | undefined
  /** Version and board of the firmware that registered last. */
  readonly firmwareVersion: string | undefined
  readonly board: string | undefined
}

/** What a connection needs of it. */
export interface DeviceFacts {
  /** False where nothing is kept of it: then nothing of it can end, either. */
  readonly isKept: boolean
  /** Of the key whose token let it in; undefined where it came without one of its own. */
  readonly keyVersion: number | undefined
  readonly language: string | undefined
  readonly firmwareVersion: string | undefined
}

/** Whether a device is still what it was when it was let in. */
export type DeviceStanding = Pick<DeviceRecord, 'deviceId' | 'state' | 'keyVersion'>

/** What a device tells of itself when it registers. */
export interface DeviceReport {
  readonly deviceId: string
  readonly clientId: string
  readonly address: string
  readonly language: string | undefined
  readonly firmwareVersion: string | undefined
  readonly board: string | undefined
  readonly serialNumber: string | undefined
}

/** An activation that waits for somebody to approve its code. */
export interface PendingActivation {
  /** Six digits; the same at each poll while it lives. */
  readonly code: string
  /** What a device with a serial number must sign; used once. */
  readonly challenge: string
}

/** How the rest of the server asks the store about devices; each answer takes a round trip. */
export interface DeviceDirectory {
  find (deviceId: string): Promise<DeviceRecord | undefined>
  /** Keeps what the device reported; undefined where the device is not known. */
  report (report: DeviceReport): Promise<DeviceRecord | undefined>
  /** Lets a new device in without a code and pins its Client-Id; a known one stays as it is. */
  admit (report: Pick<DeviceReport, 'deviceId' | 'clientId' | 'address'>): Promise<DeviceRecord>
  /** The code of a device that must be approved. */
  beginActivation (report: DeviceReport): Promise<PendingActivation>
  /**
   * @param clientId of the two that may claim one Device-Id, the one that asks; absent: the newest
   * @returns undefined where no activation is pending and the device is not bound
   */
  pendingActivation (deviceId: string, clientId?: string): Promise<PendingActivation | undefined>
  /** The challenge of a device that was approved, until it is spent: it proves itself once more. */
  approvedChallenge (deviceId: string, clientId: string): Promise<string | undefined>
  spendChallenge (deviceId: string): Promise<void>
  /**
   * Whether the device may be told to take this file whatever its version: once for each file, also
   * after a restart, for said twice it would be a loop of flashing.
   */
  forceOnce (deviceId: string, file: string): Promise<boolean>
}

/** What the store answers to other threads. */
export interface StoreApi extends DeviceDirectory {
  /** Another one than before whenever somebody decided about a device. */
  revision (): Promise<string>
  /** Those of them that are known, in any order. */
  standings (deviceIds: readonly string[]): Promise<readonly DeviceStanding[]>
  /** The server-wide key of tokens, which a device has until it has one of its own. */
  tokenKey (): Promise<string>
}
