import type { DeviceDirectory, DeviceFacts } from '../core/device-directory.js'
import { verifyMqttPassword } from '../protocol/mqtt-credentials.js'
import type { MqttCaller } from '../ring/mqtt-messages.js'
import { factsOf, type Admission } from './admission.js'

/** Decides whether a device may come in: what is known of it if so, else undefined. */
export type Authenticate = (caller: MqttCaller) => Promise<DeviceFacts | undefined>

export interface MqttAdmissionParts {
  /** Empty: no password is signed, and whoever comes is judged as on WebSocket. */
  readonly signatureKey: string
  /** Nothing else is checked: then the key is, where there is one. */
  readonly isOpen: boolean
  readonly directory: Pick<DeviceDirectory, 'find'>
  readonly admission: Pick<Admission, 'decide' | 'isProxy'>
}

/**
 * A password is signed with the key, as the gateways of the replaced family have it, or is the
 * device's token, with which it could come by WebSocket as well. A device that was revoked comes in
 * with neither.
 */
export function authenticateMqtt ({ signatureKey, isOpen, directory, admission }: MqttAdmissionParts): Authenticate {
  return async caller => {
    const { deviceId, clientId, mqttClientId, username, password, address } = caller
    if (verifyMqttPassword(signatureKey, mqttClientId, username, password)) {
      const device = await directory.find(deviceId.toLowerCase())
      // It holds no key of ours, so that another key of the device changes nothing for it.
      return device?.state === 'revoked' ? undefined : { ...factsOf(device), keyVersion: undefined }
    }
    if (signatureKey !== '' && (isOpen || password === '')) return undefined
    const headers: Readonly<Record<string, string>> = {
      'device-id': deviceId,
      'client-id': clientId,
      authorization: password,
      // By MQTT a proxy cannot tell for whom it connects: whoever that is, it is not one of here.
      'x-forwarded-for': admission.isProxy(address) ? 'unknown' : ''
    }
    const verdict = await admission.decide({ path: '', query: '', address, header: name => headers[name] ?? '' })
    // Who may only hear its code was told no broker either.
    return verdict.kind === 'accepted' && verdict.activationCode === undefined ? factsOf(verdict.device) : undefined
  }
}
