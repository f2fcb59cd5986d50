import { RawDevice } from '../gateway/raw-device.js'
import { closed, openSockets, PROXY, WS_PATH } from './attackers.js'
import type { Siege } from './siege.js'

/** How many on each port. */
export interface Handshakes { readonly gateway: number, readonly web: number, readonly mqtt: number }

/**
 * Begins handshakes and leaves them there, until the server ends them.
 * @returns how many there were at once
 */
export async function leaveHalfOpen (siege: Siege, { gateway, web, mqtt }: Handshakes, seesHandshakes: boolean): Promise<number> {
  let held = 0
  const { gatewayPort, httpPort, mqttPort } = siege
  const [third, webHalf, mqttHalf] = [Math.floor(gateway / 3), Math.floor(web / 2), Math.floor(mqtt / 2)]
  const half = `GET ${WS_PATH} HTTP/1.1\r\nHost: x\r\nX-Half:`
  const upgrade = (index: number): string => RawDevice.request(WS_PATH, { 'Device-Id': `half-open-${index}` })
  const expected = { 'closed.noHello': third, 'web.lateRequests': 2 * webHalf + 1, 'mqtt.lateConnects': 2 * mqttHalf }
  await siege.counts(seesHandshakes ? { ...expected, 'wire.lateRequests': 2 * third + 1 } : expected, async () => {
    const dripping = drip(siege)
    const sockets = [
      await openSockets(third, gatewayPort, () => ''),
      await openSockets(third, gatewayPort, () => half),
      await openSockets(third, gatewayPort, upgrade),
      await openSockets(webHalf, httpPort, () => '', PROXY),
      await openSockets(webHalf, httpPort, () => half, PROXY),
      await openSockets(mqttHalf, mqttPort, () => ''),
      await openSockets(mqttHalf, mqttPort, () => '\x10')
    ].flat()
    held = sockets.filter(socket => !socket.closed).length
    await Promise.all([dripping, ...sockets.map(closed)])
  })
  return held
}

/** Headers that come drop by drop do not keep a connection, either. */
async function drip ({ gatewayPort, httpPort }: Siege): Promise<void> {
  await Promise.all([gatewayPort, httpPort].map(async port => {
    const [socket] = await openSockets(1, port, () => `GET ${WS_PATH} HTTP/1.1\r\nHost: x\r\n`)
    const dripping = setInterval(() => { socket!.write('X-Drop: 1\r\n') }, 500)
    await closed(socket!).finally(() => { clearInterval(dripping) })
  }))
}
