import assert from 'node:assert/strict'
import { once } from 'node:events'
import { RawDevice } from '../gateway/raw-device.js'
import { answerTo, closed, openSocket, WS_PATH } from './attackers.js'
import type { Attack } from './attack.js'
import { OPERATOR_SECRET, type Siege } from './siege.js'

const TEXT = 1
const BINARY = 2
const CLOSE = 8
const POLICY_VIOLATION = 1008
const LONGER_THAN_ANY = 65_537 // gateway.maxMessageBytes, and one
/** Far more than two sockets of the loopback hold. */
const MOST_ORDERS = 2000
const CARD = JSON.stringify({ kind: 'custom', payload: { text: 'x'.repeat(15_000) } })

const hello = Buffer.from('{"type":"hello","version":1,"transport":"websocket"}')
const listen = Buffer.from('{"type":"listen","state":"start","mode":"manual"}')

async function greeted (siege: Siege, name: string): Promise<RawDevice> {
  const device = await RawDevice.open(siege.gatewayPort, WS_PATH, { 'Device-Id': name, 'Protocol-Version': '1' })
  siege.after(() => { device.destroy() })
  device.send(TEXT, hello)
  assert.equal((await device.next()).opcode, TEXT)
  return device
}

/** The code with which the server ends the connection. */
async function closeCode (device: RawDevice): Promise<number> {
  for (;;) {
    const { opcode, payload } = await device.next()
    if (opcode === CLOSE) return payload.readUInt16BE(0)
  }
}

async function flood (siege: Siege, name: string, send: (device: RawDevice) => void): Promise<void> {
  const device = await greeted(siege, name)
  device.send(TEXT, listen)
  for (let message = 0; message < 1000; message++) send(device)
  assert.equal(await closeCode(device), POLICY_VIOLATION)
}

/** Opens a WebSocket and sends these bytes, which end it. */
async function sendBytes ({ gatewayPort }: Siege, name: string, bytes: Buffer): Promise<void> {
  const socket = await openSocket(gatewayPort)
  socket.write(RawDevice.request(WS_PATH, { 'Device-Id': name }))
  await once(socket, 'data')
  socket.write(bytes)
  await closed(socket)
}

/** A masked frame: its first byte, what it says its length is, and what comes. */
function frame (first: number, length: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(14)
  head[0] = first
  head[1] = 0x80 | 127
  head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

export const wireAttacks: readonly Attack[] = [
  {
    name: 'a thousand frames at once, or texts, end their connection with 1008 (T157)',
    run: siege => siege.counts({ floods: 2 }, async () => {
      await flood(siege, 'flood-frames', device => { device.send(BINARY, Buffer.of(0xf8, 0xff, 0xfe)) })
      await flood(siege, 'flood-texts', device => { device.send(TEXT, Buffer.from('{"type":"abort"}')) })
    })
  },
  {
    name: 'messages over the limit end their connection, whole, announced or in pieces (T158)',
    run: siege => siege.counts({ 'wire.oversizeMessages': 4 }, async () => {
      const long = Buffer.alloc(LONGER_THAN_ANY, 'a')
      const piece = Buffer.alloc(40_000, 'a')
      await sendBytes(siege, 'oversize-text', frame(0x81, long.length, long))
      await sendBytes(siege, 'oversize-frame', frame(0x82, long.length, long))
      await sendBytes(siege, 'oversize-announced', frame(0x82, 2 ** 32, Buffer.of(1)))
      await sendBytes(siege, 'oversize-pieces', Buffer.concat([frame(0x02, piece.length, piece), frame(0x80, piece.length, piece)]))
    })
  },
  {
    name: 'texts that are no UTF-8 end their connection',
    run: siege => siege.counts({ 'wire.brokenMessages': 2 }, async () => {
      await sendBytes(siege, 'no-text', frame(0x81, 3, Buffer.of(0xff, 0xfe, 0xfd)))
      await sendBytes(siege, 'half-a-character', frame(0x81, 2, Buffer.from('你').subarray(0, 2)))
    })
  },
  {
    name: 'a device that reads nothing of what it is sent is cut off',
    run: siege => siege.counts({ 'wire.slowReaders': 1 }, async () => {
      const device = await greeted(siege, 'slow-reader')
      device.pause()
      const order = (): Promise<Response> => fetch(`${siege.server.httpUrl}/operator/devices/slow-reader`, {
        method: 'POST', headers: { Authorization: `Bearer ${OPERATOR_SECRET}` }, body: CARD
      })
      let orders = 0
      while (orders++ < MOST_ORDERS) {
        const { status } = await order()
        if (status === 404) break
      }
      assert.ok(orders < MOST_ORDERS, 'it is still connected')
    })
  }
]

/** Of what comes before the upgrade uWebSockets.js tells nothing: it only ends the connection. */
export function requestAttacks (seesHandshakes: boolean): readonly Attack[] {
  const expect = (figures: Readonly<Record<string, number>>): Readonly<Record<string, number>> => seesHandshakes ? figures : {}
  const rubbish = ['\0\0\0\0\r\n\r\n', 'GET\r\n\r\n', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n', 'SSH-2.0-OpenSSH_9.6\r\n\r\n']
  return [
    {
      name: 'what is no HTTP ends its connection on the WebSocket port',
      run: siege => siege.counts(expect({ 'wire.brokenRequests': rubbish.length }), async () => {
        const answers = await Promise.all(rubbish.map(bytes => answerTo(siege.gatewayPort, Buffer.from(bytes, 'latin1'))))
        for (const answer of answers) assert.doesNotMatch(answer, /^HTTP\/1\.1 (200|101)/)
      })
    },
    {
      name: 'a header over the limit ends its connection on the WebSocket port',
      run: siege => siege.counts(expect({ 'wire.oversizeHeaders': 1 }), async () => {
        const answer = await answerTo(siege.gatewayPort, `GET ${WS_PATH} HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(200_000)}\r\n\r\n`)
        assert.match(answer, /^(HTTP\/1\.1 431 |$)/)
      })
    }
  ]
}
