import { BlockList, isIPv6 } from 'node:net'
import type { DeviceDirectory } from '../core/device-directory.js'
import { verifyMqttPassword } from '../protocol/mqtt-credentials.js'
import type { MqttCaller } from '../ring/mqtt-messages.js'

/** Decides whether a device may come in. */
export type Authenticate = (caller: MqttCaller) => Promise<boolean>

const nearby = new BlockList()
for (const [net, prefix] of [['127.0.0.0', 8], ['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['169.254.0.0', 16]] as const) {
  nearby.addSubnet(net, prefix, 'ipv4')
}
nearby.addAddress('::1', 'ipv6')
nearby.addSubnet('fc00::', 7, 'ipv6')
nearby.addSubnet('fe80::', 10, 'ipv6')

/**
 * With a key the password counts; without one, that the device is on a private network. A device
 * that was revoked does not come in either way.
 */
export function authenticateMqtt (signatureKey: string, directory: Pick<DeviceDirectory, 'find'>): Authenticate {
  return async ({ deviceId, mqttClientId, username, password, address }) => {
    const isTrusted = signatureKey === '' ? isNearby(address) : verifyMqttPassword(signatureKey, mqttClientId, username, password)
    return isTrusted && (await directory.find(deviceId.toLowerCase()))?.state !== 'revoked'
  }
}

export function isNearby (address: string): boolean {
  const [plain = ''] = address.split('%') // without its zone
  return nearby.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')
}
