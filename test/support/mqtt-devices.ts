import type { TestContext } from 'node:test'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import type { ChorusServer } from './chorus-server.js'

/** Settings of a server that serves MQTT on free ports. */
export const MQTT = ['--mqtt.enabled', '--mqtt.port', '0', '--mqtt.udpPort', '0', '--mqtt.host', '127.0.0.1', '--mqtt.udpHost', '127.0.0.1']

export const ID = '02:00:00:00:00:01'
export const CLIENT = '5e1f6b0c-0000-4000-8000-000000000001'

export function makeDevice (t: TestContext, options: ConstructorParameters<typeof SimulatedDevice>[0]): SimulatedDevice {
  const device = new SimulatedDevice({ deviceId: ID, clientId: CLIENT, ...options, profile: { audio: 'count', ...options.profile } })
  t.after(() => { device.close() })
  return device
}

export function mqttFigures (server: ChorusServer): Promise<Readonly<Record<string, number>>> {
  return server.health().then(health => (health as unknown as { mqtt: Readonly<Record<string, number>> }).mqtt)
}

/** Asks until it is so. */
export async function until (isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!await isSo()) if (performance.now() > deadline) throw new Error('it did not come to be')
}
