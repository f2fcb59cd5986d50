import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { runBarrage } from '../../../tools/fuzz/barrage.js'
import { awaits, exchange, pause, send, VISION_TOKEN, type Exchange } from '../../../tools/fuzz/exchange.js'
import { InputLog, readInputs } from '../../../tools/fuzz/input-log.js'
import { playExchange, type Ground } from '../../../tools/fuzz/player.js'
import { Tally } from '../../../tools/fuzz/tally.js'

/** A server that does with connections what it is told, on the port of every target. */
async function ground (t: TestContext, serve: (socket: Socket) => void): Promise<Ground> {
  const server = createServer(socket => {
    socket.on('error', () => {})
    serve(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => { server.close() })
  const { port } = server.address() as AddressInfo
  return { host: '127.0.0.1', ports: { gateway: port, web: port, mqtt: port, udp: port }, localAddress: undefined, visionToken: 'the token' }
}

function temporary (t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'fuzz-test-'))
  t.after(() => { rmSync(folder, { recursive: true, force: true }) })
  return path.join(folder, 'inputs.jsonl')
}

test('a connection that the server ends is closed, and what comes after is not sent', async t => {
  const place = await ground(t, socket => { socket.once('data', () => { socket.end('HTTP/1.1 404 Not Found\r\n\r\n') }) })
  const outcomes = await playExchange(exchange('x', 'web', [send('GET /'), pause(1000), send('more')]), place)
  assert.deepEqual(outcomes, [{ end: 'closed', sentBytes: 5, status: 404 }])
})

test('a connection that nobody ends is kept, once for every copy', async t => {
  const outcomes = await playExchange(exchange('x', 'mqtt', [send('abc')], 3), await ground(t, () => {}))
  assert.deepEqual(outcomes, Array.from({ length: 3 }, () => ({ end: 'kept', sentBytes: 3, status: undefined })))
})

test('where nobody listens the connection is refused', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => { server.close(resolve) })
  const place: Ground = { host: '127.0.0.1', ports: { gateway: port, web: port, mqtt: port, udp: port }, localAddress: undefined, visionToken: '' }
  assert.deepEqual((await playExchange(exchange('x', 'web', [send('abc')]), place)).map(({ end }) => end), ['refused'])
})

test('it waits for what the server says, and puts in the token', async t => {
  const heard: string[] = []
  const place = await ground(t, socket => {
    socket.on('data', chunk => { heard.push(chunk.toString()) })
    socket.once('data', () => { setTimeout(() => { socket.write('hello') }, 50) })
  })
  await playExchange(exchange('x', 'gateway', [send('one'), awaits('hello'), send(`two ${VISION_TOKEN}!`)]), place)
  assert.deepEqual(heard, ['one', 'two the token!'])
})

test('sealed datagrams carry the connection id and the key of the hello', async t => {
  const udp = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  await once(udp, 'listening')
  t.after(() => { udp.close() })
  const nonce = '0100000089abcdef0000000000000000'
  const hello = `{"udp":{"server":"127.0.0.1","port":${udp.address().port},"key":"${'00'.repeat(16)}","nonce":"${nonce}"}}`
  const place = await ground(t, socket => { socket.write(hello) })
  const bytes = Buffer.concat([Buffer.from('01000002ffffffff0000000000000001', 'hex'), Buffer.from('hi')])
  const datagrams: Buffer[] = []
  const both = new Promise<void>(resolve => {
    udp.on('message', datagram => { if (datagrams.push(datagram) === 2) resolve() })
  })
  await playExchange(exchange('x', 'mqtt', [awaits('"nonce":"'), { do: 'datagram', bytes, sealed: true }, { do: 'datagram', bytes, sealed: false }]), place)
  await both
  assert.equal(datagrams[0]!.toString('hex', 0, 16), '0100000289abcdef0000000000000001')
  assert.notEqual(datagrams[0]!.toString('latin1', 16), 'hi')
  assert.deepEqual(datagrams[1], bytes)
})

test('a log holds the last inputs, and no more bytes than it may', t => {
  const file = temporary(t)
  const log = new InputLog(file, 4000)
  const sent: Exchange[] = []
  for (let number = 0; number < 200; number++) {
    sent.push(exchange(`kind ${number}`, 'udp', [send(Buffer.alloc(50))]))
    log.add(sent.at(-1)!)
    const bytes = [file, `${file}.older`].filter(existsSync).reduce((sum, one) => sum + statSync(one).size, 0)
    assert.ok(bytes <= 4000, String(bytes))
  }
  const kept = readInputs(file)
  assert.ok(kept.length >= 10)
  assert.deepEqual(kept, sent.slice(-kept.length))
  new InputLog(file, 4000)
  assert.throws(() => readInputs(file), /there is no file/)
})

test('a barrage sends all that it is given, and counts what became of it', async t => {
  const file = temporary(t)
  const place = await ground(t, socket => { socket.end('HTTP/1.1 200 OK\r\n\r\n') })
  const exchanges = Array.from({ length: 20 }, () => exchange('x', 'web', [pause(100)], 2))
  const options = { perSecond: 1000, lanes: 4, endAtMs: Infinity, log: new InputLog(file, 1e6), signal: new AbortController().signal }
  const tally = await runBarrage({ ground: place, exchanges, ...options })
  const { exchanges: count, connections, closed, statuses } = tally.figures['x']!
  assert.deepEqual([count, connections, closed, statuses], [20, 40, 40, { 200: 40 }])
  assert.equal(readInputs(file).length, 20)
})

test('a tally adds up by kind', () => {
  const tally = new Tally()
  tally.add(exchange('a', 'web', [send('x'), pause(1), send('y')], 2), [
    { end: 'kept', sentBytes: 2, status: 200 }, { end: 'refused', sentBytes: 0, status: undefined }
  ])
  const expected = { exchanges: 1, connections: 2, inputs: 4, bytes: 2, refused: 1, closed: 0, kept: 1, statuses: { 200: 1 } }
  assert.deepEqual(tally.figures, { a: expected })
})
