import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DeviceDesk, type MqttDevice } from '../../src/mqtt/device-desk.js'
import { UdpTable } from '../../src/mqtt/udp-table.js'
import { sealDatagram } from '../../src/protocol/udp-packet.js'
import type { MqttNews } from '../../src/ring/mqtt-messages.js'

const HELLO = '{"type":"hello","version":3,"transport":"udp","features":{"mcp":true}}'
const START = '{"session_id":"S1","type":"listen","state":"start","mode":"auto"}'
const serverHello = (sessionId: string): string => `{"type":"hello","version":1,"transport":"websocket","audio_params":{"frame_duration":60},"session_id":"${sessionId}"}`

type Json = Readonly<Record<string, unknown>>

function makeRig (maxChannels = 4) {
  const counts = new Map<string, number>()
  const count = (name: string, by = 1): void => { counts.set(name, (counts.get(name) ?? 0) + by) }
  const news: MqttNews[] = []
  const sent: { datagram: Buffer, port: number }[] = []
  const udp = new UdpTable({ maxSequenceJump: 50, moveAfterPackets: 3 }, count)
  const desk = new DeviceDesk({
    udp,
    maxChannels,
    tell: item => { news.push(item) },
    pushUplink: () => true,
    sendDatagram: (datagram, port) => { sent.push({ datagram, port }) },
    udpAddressFor: () => ({ server: '192.0.2.7', port: 8884 }),
    count
  })
  const makeDevice = (deviceId = '02:00:00:00:00:01') => {
    const published: Json[] = []
    let disconnects = 0
    const device: MqttDevice = {
      deviceId, clientId: 'c', address: '192.0.2.1', localAddress: '192.0.2.7', facts: undefined,
      publish: text => { published.push(JSON.parse(text) as Json) },
      disconnect: () => { disconnects++ }
    }
    return { device, take: () => published.splice(0), disconnects: () => disconnects }
  }
  const nameOfLast = () => news.findLast(item => item.kind === 'open')!
  const open = (device: MqttDevice, sessionId: string) => {
    desk.receive(device, HELLO)
    const { channel, generation } = nameOfLast()
    desk.obey({ kind: 'text', channel, generation, text: serverHello(sessionId) })
    return { channel, generation }
  }
  return { desk, udp, counts, news, sent, makeDevice, open }
}

const kinds = (news: readonly MqttNews[]): string[] => news.map(item => item.kind)

test('a hello is answered with a UDP address, a key and a nonce of its own (T132)', () => {
  const { open, makeDevice } = makeRig()
  const [one, other] = [makeDevice(), makeDevice('02:00:00:00:00:02')]
  open(one.device, 'S1')
  open(other.device, 'S2')
  const [[hello], [second]] = [one.take(), other.take()]
  assert.deepEqual([hello!['type'], hello!['transport'], hello!['session_id']], ['hello', 'udp', 'S1'])
  const udp = hello!['udp'] as Json
  assert.deepEqual([udp['server'], udp['port']], ['192.0.2.7', 8884])
  assert.match(String(udp['key']), /^[0-9a-f]{32}$/)
  assert.match(String(udp['nonce']), /^01000000[0-9a-f]{8}0{16}$/)
  assert.notEqual((second!['udp'] as Json)['key'], udp['key'])
})

test('a device\'s goodbye ends its session and is not answered (T141)', () => {
  const { desk, udp, news, makeDevice, open } = makeRig()
  const { device, take } = makeDevice()
  open(device, 'S1')
  take()
  desk.receive(device, '{"session_id":"S1","type":"goodbye"}')
  desk.receive(device, '{"session_id":"S1","type":"goodbye"}')
  assert.deepEqual(take(), [])
  assert.deepEqual(kinds(news), ['open', 'closed'])
  assert.equal(udp.size, 0)
})

test('the gateway\'s close becomes a goodbye with the id of the session (T142)', () => {
  const { desk, udp, news, makeDevice, open } = makeRig()
  const { device, take } = makeDevice()
  const name = open(device, 'S1')
  take()
  desk.obey({ kind: 'close', ...name })
  desk.obey({ kind: 'close', ...name })
  assert.deepEqual(take(), [{ type: 'goodbye', session_id: 'S1' }])
  assert.deepEqual(kinds(news), ['open'])
  assert.equal(udp.size, 0)
})

test('another hello opens another session and drops the old one silently (T143)', () => {
  const { desk, udp, news, makeDevice, open } = makeRig()
  const { device, take } = makeDevice()
  const older = open(device, 'S1')
  const newer = open(device, 'S2')
  desk.obey({ kind: 'close', ...older }) // the gateway replaced the old one as well
  assert.deepEqual(take().map(message => [message['type'], message['session_id']]), [['hello', 'S1'], ['hello', 'S2']])
  assert.deepEqual(kinds(news), ['open', 'closed', 'open'])
  assert.equal(udp.size, 1)
  desk.obey({ kind: 'text', ...newer, text: '{"type":"tts"}' })
  assert.equal(take().length, 1)
})

test('what belongs to a session that is over is ignored, or answered with its goodbye (T144)', () => {
  const { desk, news, counts, makeDevice, open } = makeRig()
  const { device, take } = makeDevice()
  desk.receive(device, START)
  assert.deepEqual(take(), [{ type: 'goodbye', session_id: 'S1' }])
  open(device, 'S2')
  take()
  desk.receive(device, START)
  assert.deepEqual(take(), [])
  assert.deepEqual(kinds(news), ['open'])
  assert.equal(counts.get('staleMessages'), 1)
})

test('without a session MCP is dropped and counted, and nothing is sent (T145)', () => {
  const { desk, counts, makeDevice } = makeRig()
  const { device, take } = makeDevice()
  desk.receive(device, '{"session_id":"","type":"mcp","payload":{}}')
  assert.deepEqual(take(), [])
  assert.equal(counts.get('mcpDropped'), 1)
})

test('a device that connects again takes its session over; the end of the old connection ends nothing (T146)', () => {
  const { desk, news, makeDevice, open } = makeRig()
  const [before, after] = [makeDevice(), makeDevice()]
  open(before.device, 'S1')
  open(after.device, 'S2')
  desk.left(before.device)
  assert.deepEqual(kinds(news), ['open', 'closed', 'open'])
  desk.left(after.device)
  assert.deepEqual(kinds(news), ['open', 'closed', 'open', 'closed'])
})

test('audio is sent to where the device\'s own came from, and before that to nobody (T134)', () => {
  const { desk, udp, sent, counts, makeDevice, open } = makeRig()
  const { device, take } = makeDevice()
  const name = open(device, 'S1')
  const { key, nonce } = take()[0]!['udp'] as Readonly<Record<string, string>>
  const message = Buffer.concat([Buffer.alloc(16), Buffer.from('58', 'hex')])
  desk.sendFrame(name, message, 60)
  assert.equal(counts.get('downlinkWithoutPeer'), 1)
  const connectionId = Buffer.from(nonce!, 'hex').readUInt32BE(4)
  udp.receive(sealDatagram(Buffer.from(key!, 'hex'), { connectionId, timestamp: 0, sequence: 1 }, Buffer.from('58', 'hex')), { address: '192.0.2.1', port: 4000 })
  desk.sendFrame(name, message, 120)
  desk.sendFrame(name, Buffer.alloc(16 + 1485), 180)
  assert.deepEqual(sent.map(({ datagram, port }) => [datagram.readUInt32BE(8), datagram.readUInt32BE(12), port]), [[120, 1, 4000]])
  assert.equal(counts.get('downlinkOversize'), 1)
})

test('numbers of channels are used again and old names mean nothing', () => {
  const { desk, makeDevice, open, counts } = makeRig(1)
  const [one, other] = [makeDevice(), makeDevice('02:00:00:00:00:02')]
  const name = open(one.device, 'S1')
  desk.receive(other.device, HELLO)
  assert.equal(counts.get('refusedBusy'), 1)
  desk.left(one.device)
  const again = open(other.device, 'S2')
  assert.equal(again.channel, name.channel)
  other.take()
  desk.obey({ kind: 'close', ...name })
  desk.obey({ kind: 'text', ...name, text: '{}' })
  assert.deepEqual(other.take(), [])
})

test('a text that firmware did not escape still reaches its session, and rubbish does no harm', () => {
  const { desk, news, counts, makeDevice, open } = makeRig()
  const { device } = makeDevice()
  open(device, 'S1')
  desk.receive(device, '{"session_id":"S1","type":"listen","state":"detect","text":"say "hi" now"}')
  assert.equal(news.at(-1)!.kind, 'text')
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), raw => { desk.receive(device, raw) }))
  assert.ok(counts.get('badMessages')! > 0)
})

test('a device at rest is told things, and it is known who is at the broker', () => {
  const { desk, news, makeDevice } = makeRig()
  const [first, second] = [makeDevice(), makeDevice()]
  desk.obey({ kind: 'tell', deviceId: first.device.deviceId, text: '{"type":"notify"}' })
  desk.joined(first.device)
  desk.obey({ kind: 'tell', deviceId: first.device.deviceId, text: '{"type":"notify"}' })
  assert.deepEqual(first.take(), [{ type: 'notify' }])
  desk.joined(second.device) // it has connected again before its old connection was missed
  desk.left(first.device)
  desk.obey({ kind: 'tell', deviceId: second.device.deviceId, text: '{"type":"notify"}' })
  assert.deepEqual([first.take(), second.take()], [[], [{ type: 'notify' }]])
  desk.left(second.device)
  assert.deepEqual(kinds(news), ['joined', 'joined', 'left'])
})

test('a device that is sent away hears goodbye for its session first, and the gateway that it is over', () => {
  const { desk, udp, news, makeDevice, open } = makeRig()
  const { device, take, disconnects } = makeDevice()
  desk.joined(device)
  open(device, 'S1')
  take()
  desk.obey({ kind: 'disconnect', deviceId: device.deviceId })
  assert.deepEqual([take(), disconnects(), udp.size], [[{ type: 'goodbye', session_id: 'S1' }], 1, 0])
  desk.left(device)
  desk.obey({ kind: 'disconnect', deviceId: device.deviceId })
  assert.deepEqual([take(), disconnects(), kinds(news)], [[], 1, ['joined', 'open', 'closed', 'left']])
})
