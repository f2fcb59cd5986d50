import { RawDevice } from '../gateway/raw-device.js'
import { closed, openSockets, PROXY, WS_PATH } from './attackers.js'
import type { Siege } from './siege.js'

/** How many of each kind; where there are two ways to say nothing, each has half of them. */
export interface Handshakes {
  /** On the WebSocket port, without a request: uWebSockets.js ends those after 10 s. */
  readonly silent: number
  /** On the WebSocket port, without a hello. */
  readonly upgraded: number
  readonly web: number
  readonly mqtt: number
}

/** How long the server may take to end the last one. */
const PATIENCE_MS = 90_000

/**
 * Begins handshakes and leaves them there, until the server ends them.
 * @returns how many there were at once
 */
export async function leaveHalfOpen (siege: Siege, handshakes: Handshakes, seesHandshakes: boolean): Promise<number> {
  const { gatewayPort, httpPort, mqttPort } = siege
  const halfOf = (count: number): number => Math.floor(count / 2)
  const [silent, web, mqtt] = [halfOf(handshakes.silent), halfOf(handshakes.web), halfOf(handshakes.mqtt)]
  const { upgraded } = handshakes
  const half = `GET ${WS_PATH} HTTP/1.1\r\nHost: x\r\nX-Half:`
  const upgrade = (index: number): string => RawDevice.request(WS_PATH, { 'Device-Id': `half-open-${index}` })
  const expected = { 'closed.noHello': upgraded, 'web.lateRequests': 2 * web + 1, 'mqtt.lateConnects': 2 * mqtt }
  let held = 0
  await siege.counts(seesHandshakes ? { ...expected, 'wire.lateRequests': 2 * silent + 1 } : expected, async () => {
    const dripping = drip(siege)
    const sockets = [
      await openSockets(upgraded, gatewayPort, upgrade),
      await openSockets(web, httpPort, () => '', PROXY),
      await openSockets(web, httpPort, () => half, PROXY),
      await openSockets(mqtt, mqttPort, () => ''),
      await openSockets(mqtt, mqttPort, () => '\x10'),
      await openSockets(silent, gatewayPort, () => ''),
      await openSockets(silent, gatewayPort, () => half)
    ].flat()
    held = sockets.filter(socket => !socket.closed).length
    await Promise.all([dripping, ...sockets.map(socket => closed(socket, PATIENCE_MS))])
  })
  return held
}

/** Headers that come drop by drop do not keep a connection, either. */
async function drip ({ gatewayPort, httpPort }: Siege): Promise<void> {
  await Promise.all([gatewayPort, httpPort].map(async port => {
    const [socket] = await openSockets(1, port, () => `GET ${WS_PATH} HTTP/1.1\r\nHost: x\r\n`)
    const dripping = setInterval(() => { socket!.write('X-Drop: 1\r\n') }, 500)
    await closed(socket!, PATIENCE_MS).finally(() => { clearInterval(dripping) })
  }))
}
