import type { Config } from '../core/config-schema.js'
import { ChorusError } from '../core/errors.js'
import { activationMessage } from '../protocol/activation.js'
import { mqttSettings } from '../protocol/mqtt-credentials.js'
import { otaAnswer } from '../protocol/ota-answer.js'
import { timeZoneOffsetMinutes } from '../protocol/time-zone.js'
import { DOWNLOAD_PATH, WEBSOCKET_PATH } from './public-urls.js'

const LONGEST_HOST = 'h'.repeat(253)
const LONGEST_FILE = 'f'.repeat(132)
const LONGEST_ID = 'i'.repeat(64)
const LONGEST_VERSION = '999999999.999999999.999999999.999999999.999999999.999999999.999999999'

/**
 * Makes the largest answer that these settings can lead to: a setting that would break devices
 * shall stop the start, not the devices.
 * @throws CHORUS_CONFIG_INVALID, CHORUS_OTA_UNSTORABLE
 */
export function checkOtaSettings ({ gateway, http, mqtt, ota }: Config): void {
  if (mqtt.offer && mqtt.endpoint === '' && (!mqtt.enabled || mqtt.broker !== '')) {
    throw new ChorusError('CHORUS_CONFIG_INVALID', ['mqtt.offer', 'true', 'false, unless mqtt.enabled is true and the broker is the built-in one, or mqtt.endpoint names one'])
  }
  try {
    timeZoneOffsetMinutes(0, ota.timeZone)
  } catch (error) {
    throw new ChorusError('CHORUS_CONFIG_INVALID', ['ota.timeZone', JSON.stringify(ota.timeZone), 'a time zone as in Europe/Berlin, or nothing'], { cause: error })
  }
  otaAnswer({
    websocketUrl: gateway.publicUrl || `ws://${gateway.publicHost || LONGEST_HOST}:65535${WEBSOCKET_PATH}`,
    token: 't'.repeat(64),
    firmware: { version: LONGEST_VERSION, url: `${http.publicUrl || `http://${LONGEST_HOST}:65535`}${DOWNLOAD_PATH}${LONGEST_FILE}`, isForced: true },
    activation: { code: '000000', message: activationMessage(ota.activationMessage, 'zh', '000000'), challenge: LONGEST_ID },
    mqtt: mqttSettings({
      endpoint: mqtt.endpoint || `${gateway.publicHost || LONGEST_HOST}:65535`,
      signatureKey: mqtt.signatureKey,
      deviceId: LONGEST_ID,
      board: LONGEST_ID,
      token: { clientId: LONGEST_ID, token: LONGEST_ID }
    }),
    nowMs: Number.MAX_SAFE_INTEGER,
    timeZoneOffsetMinutes: -999
  })
}
