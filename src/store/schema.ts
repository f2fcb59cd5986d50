import type { DeviceRecord } from '../core/device-directory.js'

/** Times are Unix time in ms; PostgreSQL returns its bigint as text unless told otherwise. */
type Milliseconds = number

export interface DeviceTable {
  device_id: string
  client_id: string
  state: DeviceRecord['state']
  key: string
  key_version: number
  language: string | null
  firmware_version: string | null
  board: string | null
  serial_number: string | null
  /** Where it came from when it was let in or registered last. */
  address: string
  created_ms: Milliseconds
  reported_ms: Milliseconds
  /** Null where nobody ever approved it. */
  bound_ms: Milliseconds | null
  /** Of its approved activation, until the device has proven itself by it. */
  challenge: string | null
  /** The firmware file that it was told last to take whatever its version. */
  forced_file: string | null
}

/** One that waits; a Device-Id has one for each Client-Id that claims it. */
export interface ActivationTable {
  code: string
  device_id: string
  client_id: string
  challenge: string
  language: string | null
  firmware_version: string | null
  board: string | null
  serial_number: string | null
  address: string
  created_ms: Milliseconds
  expires_ms: Milliseconds
}

/** Codes that were approved and did not exist, to slow down whoever guesses. */
export interface WrongCodeTable { at_ms: Milliseconds }

/** What the server itself keeps, such as its key. */
export interface KeptValueTable { name: string, value: string }

export interface StoreTables {
  device: DeviceTable
  activation: ActivationTable
  wrong_code: WrongCodeTable
  kept_value: KeptValueTable
}
