import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDeviceMessage } from '../../../src/protocol/device-message.js'
import { packetOffset } from '../../../src/protocol/audio-frame.js'
import { allAttacks, attacksOf } from '../../../tools/fuzz/attacks/index.js'
import { deviceMessages } from '../../../tools/fuzz/device-messages.js'
import { formatExchange, parseExchange, type Exchange } from '../../../tools/fuzz/exchange.js'
import { frameDialects, hostileMessage, opusPacket, packMessage } from '../../../tools/fuzz/frames.js'
import { connectPacket, packet, publishPacket } from '../../../tools/fuzz/mqtt-bytes.js'
import { mutateBytes } from '../../../tools/fuzz/mutate-bytes.js'
import { mutateJson, varyJson } from '../../../tools/fuzz/mutate-json.js'
import { Random } from '../../../tools/fuzz/random.js'
import { OP_TEXT, webSocketFrame } from '../../../tools/fuzz/web-socket-bytes.js'
import { WsFrameReader, writeFrame } from '../../../tools/simulator/ws-frames.js'
import { PacketMeter } from '../../../src/mqtt/packet-meter.js'

const MAX_BYTES = 4000

function first (count: number, seed: number): Exchange[] {
  const attacks = attacksOf(seed)
  return Array.from({ length: count }, () => attacks.next().value)
}

test('one seed sends the same, and another one something else', () => {
  const [one, again, other] = [first(300, 7), first(300, 7), first(300, 8)].map(list => list.map(formatExchange).join('\n'))
  assert.equal(one, again)
  assert.notEqual(one, other)
})

test('every kind of attack comes within some thousand exchanges, each under its own name', () => {
  const kinds = new Set(first(4000, 1).map(({ kind }) => kind))
  assert.deepEqual([...kinds].sort(), allAttacks.map(({ kind }) => kind).sort())
})

test('an exchange comes back from the log as it went in', () => {
  for (const exchange of first(500, 3)) assert.deepEqual(parseExchange(formatExchange(exchange)), exchange)
})

for (const line of ['', '{}', '7', '{"kind":"x","target":"elsewhere","copies":1,"steps":[]}', '{"kind":"x","target":"udp","copies":1,"steps":[{"do":"send"}]}']) {
  test(`"${line}" is no exchange`, () => { assert.throws(() => parseExchange(line)) })
}

test('mutated bytes are mostly not what they were, and never too many', () => {
  const random = new Random(1)
  const bytes = Buffer.from('a message that is long enough to be changed')
  const mutated = Array.from({ length: 1000 }, () => mutateBytes(random, bytes, 60))
  assert.ok(mutated.filter(one => !one.equals(bytes)).length > 900)
  assert.ok(mutated.every(one => one.length <= 60))
  assert.equal(bytes.toString(), 'a message that is long enough to be changed')
})

test('nothing at all can be mutated, too', () => {
  const random = new Random(2)
  for (let count = 0; count < 1000; count++) assert.ok(mutateBytes(random, Buffer.alloc(0), 400).length <= 400)
})

test('a varied message is read as the message that it varies', () => {
  const random = new Random(3)
  for (const message of deviceMessages) {
    const expected = parseDeviceMessage(JSON.stringify(message))
    for (let count = 0; count < 50; count++) {
      const text = varyJson(random, message)
      assert.deepEqual(parseDeviceMessage(text), expected, text)
    }
  }
})

test('a mutated message is often no JSON, often another one, and never too long', () => {
  const random = new Random(4)
  let [broken, changed] = [0, 0]
  for (let count = 0; count < 2000; count++) {
    const message = random.pick(deviceMessages)
    const text = mutateJson(random, message, MAX_BYTES)
    assert.ok(text.length <= MAX_BYTES)
    if (!isJson(text.toString())) broken++
    else if (JSON.stringify(JSON.parse(text.toString())) !== JSON.stringify(message)) changed++
  }
  assert.ok(broken > 400 && changed > 400, `${broken} broken, ${changed} changed`)
})

test('a frame that claims to be right is one for the server, in every dialect', () => {
  const random = new Random(5)
  for (const dialect of frameDialects) {
    const opus = opusPacket(random)
    const message = packMessage(dialect, opus, 1234)
    assert.deepEqual(message.subarray(packetOffset(dialect, message)), opus, String(dialect))
    const hostile = Array.from({ length: 200 }, () => packetOffset(dialect, hostileMessage(random, dialect)))
    if (dialect === 2 || dialect === 3) assert.ok(hostile.includes(-1), 'none was refused')
  }
})

test('a WebSocket frame that is to be right is one', () => {
  const texts: string[] = []
  const ignore = (): void => {}
  for (const length of [0, 125, 126, 65_535, 65_536]) {
    const bytes = webSocketFrame(new Random(6), Buffer.alloc(length, 'x'), { opcode: OP_TEXT, isMasked: false })
    new WsFrameReader({ onText: text => { texts.push(text) }, onBinary: ignore, onPing: ignore, onClose: ignore }).push(bytes)
  }
  assert.deepEqual(texts.map(text => text.length), [0, 125, 126, 65_535, 65_536])
  assert.equal(webSocketFrame(new Random(6), Buffer.alloc(300), { opcode: OP_TEXT }).length, writeFrame(OP_TEXT, Buffer.alloc(300)).length)
})

test('MQTT packets that are to be right pass the meter of the broker, and wrong lengths do not', () => {
  const right = [connectPacket({ clientId: 'a', username: 'b', password: 'c' }), publishPacket('device-server', Buffer.alloc(300))]
  const meter = new PacketMeter(8192, 50)
  assert.deepEqual(right.map(bytes => meter.take(bytes)), [undefined, undefined])
  assert.equal(meter.take(packet(0x30, Buffer.alloc(1), 2_097_152)), 'oversizePackets')
})

function isJson (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
