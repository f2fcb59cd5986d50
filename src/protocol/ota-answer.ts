import { ChorusError } from '../core/errors.js'
import { isSafeVersion } from './firmware-version.js'
import type { MqttSettings } from './mqtt-credentials.js'

export interface FirmwareOffer {
  readonly version: string
  /** Empty where there is nothing newer. */
  readonly url: string
  /** The device shall take it although it is not newer. */
  readonly isForced?: boolean
}

export interface ActivationNotice {
  readonly code: string
  /** What the device shows. */
  readonly message: string
  readonly challenge: string
}

export interface OtaAnswerOptions {
  readonly websocketUrl: string
  /** Empty for a device that is not let in. */
  readonly token: string
  readonly firmware?: FirmwareOffer | undefined
  readonly activation?: ActivationNotice | undefined
  readonly mqtt?: MqttSettings | undefined
  readonly nowMs: number
  readonly timeZoneOffsetMinutes: number
}

/** The HTTP client of old firmware hangs when a body and one more segment do not fit in 8 KB. */
const MAX_ANSWER_BYTES = 6500
/** The device keeps settings in its flash and aborts where one does not fit, at each boot again. */
const MAX_KEY_LENGTH = 15
const MAX_VALUE_BYTES = 1023
/** Parsed by firmware and not used. */
const ACTIVATION_TIMEOUT_MS = 30_000

/**
 * The answer to a registration, as JSON. The device stores each member of `websocket` for ever, so
 * all three are always sent.
 * @throws CHORUS_OTA_UNSTORABLE rather than to break a device
 */
export function otaAnswer (options: OtaAnswerOptions): string {
  const { websocketUrl, token, firmware, activation, mqtt, nowMs, timeZoneOffsetMinutes } = options
  const websocket = { url: websocketUrl, token, version: 1 }
  checkStored('websocket', websocket)
  if (mqtt !== undefined) checkStored('mqtt', mqtt)
  const text = JSON.stringify({
    server_time: { timestamp: nowMs, timezone_offset: timeZoneOffsetMinutes },
    ...(activation === undefined ? {} : { activation: { ...activation, timeout_ms: ACTIVATION_TIMEOUT_MS } }),
    ...(firmware === undefined || !isSafeVersion(firmware.version) ? {} : { firmware: firmwareBlock(firmware) }),
    websocket,
    ...(mqtt === undefined ? {} : { mqtt })
  })
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_ANSWER_BYTES) throw new ChorusError('CHORUS_OTA_UNSTORABLE', [`it has ${bytes} bytes, and ${MAX_ANSWER_BYTES} are the most`])
  return text
}

function firmwareBlock ({ version, url, isForced = false }: FirmwareOffer): object {
  return { version, url, ...(isForced ? { force: 1 } : {}) }
}

function checkStored (block: string, members: object): void {
  for (const [key, value] of Object.entries(members) as [string, unknown][]) {
    if (key.length > MAX_KEY_LENGTH) throw new ChorusError('CHORUS_OTA_UNSTORABLE', [`the key ${block}.${key} is longer than ${MAX_KEY_LENGTH}`])
    const bytes = Buffer.byteLength(String(value))
    if (bytes > MAX_VALUE_BYTES) throw new ChorusError('CHORUS_OTA_UNSTORABLE', [`${block}.${key} has ${bytes} bytes, and ${MAX_VALUE_BYTES} are the most`])
  }
}
