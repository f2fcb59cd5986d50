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
}
