import type { TestContext } from 'node:test'

import { SimulatedDevice } from '../../../tools/simulator/simulated-device.js'
import type { DeviceOptions } from '../../../tools/simulator/types.js'
import { startScriptedServer, type Peer, type ScriptOptions, type ScriptedServer } from './scripted-server.js'

export interface Talk { readonly server: ScriptedServer, readonly device: SimulatedDevice, readonly peer: Peer }

/** A device without delays in its main loop unless the test asks for some; closed with the test. */
export function makeDevice (t: TestContext, server: ScriptedServer, options: Partial<DeviceOptions> = {}): SimulatedDevice {
  const device = new SimulatedDevice({ url: server.url, mainLoopLatencyMs: 0, ...options })
  t.after(() => device.close())
  return device
}

/** A device that has opened its channel and listens. */
export async function startTalk (t: TestContext, options: Partial<DeviceOptions> = {}, script: ScriptOptions = {}): Promise<Talk> {
  const server = await startScriptedServer(t, script)
  const device = makeDevice(t, server, options)
  await device.start()
  const peer = await server.peer()
  await peer.untilListenStart()
  return { server, device, peer }
}
