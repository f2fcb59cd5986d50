import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Connection, ConnectionEvents, Transport, TransportOptions, UpgradeAnswer, UpgradeRequest } from '../../src/gateway/transport.js'
import type { WireFault } from '../../src/gateway/wire-counts.js'
import { RawDevice } from './raw-device.js'

type Listen = (options: TransportOptions) => Promise<Transport>

interface Rig {
  readonly port: number
  readonly transport: Transport
  readonly requests: { readonly path: string, readonly query: string, readonly header: Readonly<Record<string, string>> }[]
  readonly events: (string | Buffer)[]
  readonly faults: WireFault[]
  /** The newest connection. */
  connection (): Connection
  device (path?: string, headers?: Readonly<Record<string, string>>): Promise<RawDevice>
  /** Resolves when `events` has as many entries. */
  hasEvents (count: number): Promise<void>
}

const READ_HEADERS = ['device-id', 'protocol-version', 'accept-language', 'x-absent']

async function makeRig (t: TestContext, listen: Listen, given: Partial<TransportOptions> = {}): Promise<Rig> {
  const requests: Rig['requests'] = []
  const events: Rig['events'] = []
  const faults: WireFault[] = []
  const connections: Connection[] = []
  const accept = (request: UpgradeRequest) => {
    const header = Object.fromEntries(READ_HEADERS.map(name => [name, request.header(name)]))
    requests.push({ path: request.path, query: request.query, header })
    return (connection: Connection) => {
      connections.push(connection)
      return {
        onText: (text: string) => { events.push(text) },
        onBinary: (message: Uint8Array) => { events.push(Buffer.from(message)) },
        onDrain: () => { events.push('<drain>') },
        onClosed: () => { events.push('<closed>') }
      }
    }
  }
  const onFault = (fault: WireFault): void => { faults.push(fault) }
  const transport = await listen({ host: '127.0.0.1', port: 0, maxMessageBytes: 4096, backpressureBytes: 1 << 24, accept, onFault, ...given })
  const devices: RawDevice[] = []
  t.after(async () => {
    for (const device of devices) device.destroy()
    await transport.close()
  })
  return {
    transport,
    requests,
    events,
    faults,
    port: transport.port,
    connection: () => connections.at(-1)!,
    device: async (path = '/xiaozhi/v1/', headers = {}) => {
      const device = await RawDevice.open(transport.port, path, headers)
      devices.push(device)
      return device
    },
    hasEvents: async count => {
      for (let waited = 0; events.length < count; waited += 5) {
        assert.ok(waited < 2000, `only ${events.length} events: ${events.join(' ')}`)
        await delay(5)
      }
    }
  }
}

async function ask (port: number, request: string): Promise<{ readonly answer: string, readonly socket: Socket }> {
  const socket = connect({ port, host: '127.0.0.1' })
  let answer = ''
  socket.on('data', (chunk: Buffer) => { answer += chunk.toString() })
  socket.on('error', () => {})
  socket.write(request)
  await Promise.race([once(socket, 'close'), delay(1500, undefined, { ref: false })])
  socket.destroy()
  return { answer, socket }
}

interface Decision {
  readonly accept: TransportOptions['accept']
  isAsked (times: number): Promise<void>
  /** Gives the answer to those who have waited longest. */
  answer (answer: UpgradeAnswer, count?: number): void
}

/** Answers when the test says so. */
function makeDecision (): Decision {
  const waiting: ((answer: UpgradeAnswer) => void)[] = []
  let asked = 0
  return {
    accept: () => new Promise(resolve => {
      asked++
      waiting.push(resolve)
    }),
    isAsked: async times => {
      for (let waited = 0; asked < times; waited += 2) {
        assert.ok(waited < 2000, `asked ${asked} times`)
        await delay(2)
      }
    },
    answer: (answer, count = 1) => { for (const resolve of waiting.splice(0, count)) resolve(answer) }
  }
}

const echo = (connection: Connection): ConnectionEvents => ({
  onText: text => { connection.sendText(text) },
  onBinary: () => {},
  onDrain: () => {},
  onClosed: () => {}
})

/** What either transport must do; the client is a bare TCP socket, as a device is. */
export async function transportConformance (t: TestContext, name: 'uws' | 'ws', listen: Listen): Promise<void> {
  await t.test('any path upgrades, and its query is read', async t => {
    const rig = await makeRig(t, listen)
    for (const path of ['/', '/xiaozhi/v1/', '/any/where?device-id=x&token=a%20b']) await rig.device(path)
    assert.deepEqual(rig.requests.map(({ path, query }) => [path, query]), [
      ['/', ''], ['/xiaozhi/v1/', ''], ['/any/where', 'device-id=x&token=a%20b']
    ])
    assert.equal(rig.transport.name, name)
  })

  await t.test('headers are read in any case, and absent ones are empty (T019)', async t => {
    const rig = await makeRig(t, listen)
    await rig.device('/', { 'DEVICE-ID': 'a', 'Protocol-version': '3' })
    await rig.device('/', { 'device-id': 'b' })
    assert.deepEqual(rig.requests.map(({ header }) => header), [
      { 'device-id': 'a', 'protocol-version': '3', 'accept-language': '', 'x-absent': '' },
      { 'device-id': 'b', 'protocol-version': '', 'accept-language': '', 'x-absent': '' }
    ])
  })

  await t.test('no extension and no sub-protocol is agreed to (T018)', async t => {
    const rig = await makeRig(t, listen)
    const device = await rig.device('/', {
      'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits', 'Sec-WebSocket-Protocol': 'chat'
    })
    assert.match(device.head, /^HTTP\/1\.1 101 /)
    assert.doesNotMatch(device.head, /sec-websocket-(extensions|protocol)/i)
  })

  await t.test('a plain GET is greeted', async t => {
    const { port } = await makeRig(t, listen)
    const { answer } = await ask(port, 'GET /xiaozhi/v1/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(answer, /Server is running/)
  })

  await t.test('text and binary pass both ways, an empty message too (T044)', async t => {
    const rig = await makeRig(t, listen)
    const device = await rig.device()
    device.send(1, Buffer.from('{"type":"hello","x":"你好"}'))
    device.send(2, Buffer.of(1, 2, 3))
    device.send(2, Buffer.alloc(0))
    await rig.hasEvents(3)
    assert.deepEqual(rig.events, ['{"type":"hello","x":"你好"}', Buffer.of(1, 2, 3), Buffer.alloc(0)])
    assert.equal(rig.connection().sendText('{"a":"好"}'), 'sent')
    const packet = Buffer.of(7, 8, 9)
    assert.equal(rig.connection().sendBinary(packet), 'sent')
    packet.fill(0) // the caller uses its memory again at once
    assert.deepEqual(await device.next(), { opcode: 1, payload: Buffer.from('{"a":"好"}') })
    assert.deepEqual(await device.next(), { opcode: 2, payload: Buffer.of(7, 8, 9) })
  })

  await t.test('messages that come byte by byte are complete', async t => {
    const rig = await makeRig(t, listen)
    const device = await rig.device()
    await device.sendSlowly(2, Buffer.from('abc'))
    await rig.hasEvents(1)
    assert.deepEqual(rig.events, [Buffer.from('abc')])
  })

  await t.test('a ping is answered, and none is sent (T038)', async t => {
    const rig = await makeRig(t, listen)
    const device = await rig.device()
    device.send(9, Buffer.from('hi'))
    assert.deepEqual(await device.next(), { opcode: 10, payload: Buffer.from('hi') })
  })

  await t.test('a message over the limit ends the connection, although the device answers nothing', async t => {
    const rig = await makeRig(t, listen)
    const device = await rig.device()
    device.send(2, Buffer.alloc(4097))
    await rig.hasEvents(1)
    assert.deepEqual(rig.events, ['<closed>'])
    await device.ended(1000)
    assert.deepEqual(rig.faults, ['oversizeMessages'])
  })

  await t.test('a text that is no UTF-8 ends the connection and is counted, and a device that just leaves is not', async t => {
    const rig = await makeRig(t, listen)
    const device = await rig.device()
    device.send(1, Buffer.of(0xff, 0xfe))
    await rig.hasEvents(1)
    assert.deepEqual([rig.events, rig.faults], [['<closed>'], ['brokenMessages']])
    const leaving = await rig.device()
    leaving.hangUp(true)
    await rig.hasEvents(2)
    assert.deepEqual(rig.faults, ['brokenMessages'])
  })

  await t.test('what is no request, or too long for one, is counted where the library tells of it', async t => {
    const rig = await makeRig(t, listen)
    await ask(rig.port, 'rubbish\r\n\r\n')
    await ask(rig.port, `GET / HTTP/1.1\r\nHost: h\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`)
    assert.deepEqual(rig.faults, rig.transport.seesHandshakes ? ['brokenRequests', 'oversizeHeaders'] : [])
  })

  await t.test('a message of the limit passes', async t => {
    const rig = await makeRig(t, listen)
    const device = await rig.device()
    device.send(2, Buffer.alloc(4096, 5))
    await rig.hasEvents(1)
    assert.equal(rig.events[0]!.length, 4096)
  })

  await t.test('closing sends a Close frame, and TCP ends within 1 s without an answer (T034, T035)', async t => {
    const rig = await makeRig(t, listen)
    const device = await rig.device()
    const connection = rig.connection()
    connection.sendText('last')
    connection.close(1001, 'bye')
    assert.equal(connection.sendText('late'), 'dropped')
    assert.equal(connection.sendBinary(Buffer.of(1)), 'dropped')
    connection.close(1000, 'again')
    assert.deepEqual(await device.next(), { opcode: 1, payload: Buffer.from('last') })
    const close = await device.next()
    assert.equal(close.opcode, 8)
    assert.equal(close.payload.readUInt16BE(), 1001)
    await device.ended(1000)
    await rig.hasEvents(1)
    await delay(20)
    assert.deepEqual(rig.events, ['<closed>'], 'the owner is told once')
  })

  await t.test('a device that hangs up is gone at once (T037)', async t => {
    for (const isReset of [false, true]) {
      const rig = await makeRig(t, listen)
      const device = await rig.device()
      const connection = rig.connection()
      device.hangUp(isReset)
      await rig.hasEvents(1)
      assert.deepEqual(rig.events, ['<closed>'])
      assert.equal(connection.sendText('late'), 'dropped')
      connection.close(1000, '')
    }
  })

  await t.test('a device that reads nothing makes messages wait, and is told of the drain', async t => {
    const rig = await makeRig(t, listen)
    const device = await rig.device()
    device.pause()
    const connection = rig.connection()
    const message = Buffer.alloc(16_000, 1)
    let sent = 0
    let result = connection.sendBinary(message)
    for (; result === 'sent' && sent < 1000; sent++) result = connection.sendBinary(message)
    assert.equal(result, 'queued')
    assert.deepEqual(rig.events, [])
    device.resume()
    await rig.hasEvents(1)
    assert.ok(rig.events.every(event => event === '<drain>'))
    for (let last = ''; last !== 'sent';) { // bounded by the time limit of the runner
      last = connection.sendText('x')
      await delay(5)
    }
  })

  await t.test('a device that never reads is cut off at the limit', async t => {
    const rig = await makeRig(t, listen, { backpressureBytes: 65_536 })
    const device = await rig.device()
    device.pause()
    const message = Buffer.alloc(16_000, 1)
    for (let sent = 0; sent < 1000 && !rig.events.includes('<closed>'); sent++) {
      rig.connection().sendBinary(message)
      if (sent % 50 === 0) await delay(1)
    }
    await rig.hasEvents(1)
    assert.equal(rig.events.at(-1), '<closed>')
    assert.equal(rig.connection().sendBinary(message), 'dropped')
    assert.deepEqual(rig.faults, ['slowReaders'])
  })

  await t.test('a refusal is an HTTP status before the upgrade (T021)', async t => {
    const rig = await makeRig(t, listen, { accept: () => 503 })
    const request = RawDevice.request('/', {})
    const { answer } = await ask(rig.port, request)
    assert.match(answer, /^HTTP\/1\.1 503 Service Unavailable\r\n/)
    for (let count = 0; count < 5; count++) { // one that is gone before it is refused does no harm
      const socket = connect({ port: rig.port, host: '127.0.0.1' })
      await once(socket, 'connect')
      socket.write(request)
      socket.resetAndDestroy()
    }
    await delay(20)
    assert.match((await ask(rig.port, request)).answer, /^HTTP\/1\.1 503 /)
  })

  await t.test('the answer may take its time, and the upgrade waits for it', async t => {
    const decision = makeDecision()
    const rig = await makeRig(t, listen, { accept: decision.accept })
    const opening = RawDevice.open(rig.port, '/a', { 'Device-Id': 'a' })
    await decision.isAsked(1)
    assert.deepEqual((await ask(rig.port, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')).answer.split('\r\n')[0], 'HTTP/1.1 200 OK')
    decision.answer(echo)
    const device = await opening
    t.after(() => { device.destroy() })
    device.send(1, Buffer.from('hello'))
    assert.deepEqual(await device.next(), { opcode: 1, payload: Buffer.from('hello') })
  })

  await t.test('a late refusal is an HTTP status, and so is an answer that fails', async t => {
    const decision = makeDecision()
    const rig = await makeRig(t, listen, { accept: decision.accept })
    const refused = ask(rig.port, RawDevice.request('/', {}))
    await decision.isAsked(1)
    decision.answer(401)
    assert.match((await refused).answer, /^HTTP\/1\.1 401 Unauthorized\r\n/)
    const failing = await makeRig(t, listen, { accept: () => Promise.reject(new Error('a mistake')) })
    assert.match((await ask(failing.port, RawDevice.request('/', {}))).answer, /^HTTP\/1\.1 500 /)
  })

  await t.test('a device that leaves while nobody has decided does no harm, whatever is decided', async t => {
    const decision = makeDecision()
    const rig = await makeRig(t, listen, { accept: decision.accept })
    for (let count = 1; count <= 20; count++) {
      const socket = connect({ port: rig.port, host: '127.0.0.1' })
      socket.on('error', () => {})
      await once(socket, 'connect')
      socket.write(RawDevice.request('/', {}))
      await decision.isAsked(count)
      if (count % 2 === 0) socket.resetAndDestroy()
      else socket.destroy()
      await once(socket, 'close')
    }
    await delay(20) // the server hears of it in its own time; either order must do no harm
    decision.answer(echo, 10)
    decision.answer(403, 10)
    const opening = RawDevice.open(rig.port, '/', {})
    await decision.isAsked(21)
    decision.answer(echo)
    const device = await opening
    t.after(() => { device.destroy() })
    device.send(1, Buffer.from('still there'))
    assert.deepEqual(await device.next(), { opcode: 1, payload: Buffer.from('still there') })
  })

  await t.test('a port has one listener', async t => {
    const { port } = await makeRig(t, listen)
    const again = listen({ host: '127.0.0.1', port, maxMessageBytes: 1024, backpressureBytes: 1024, accept: () => 503, onFault: () => {} })
    await assert.rejects(again, { code: 'CHORUS_PORT_TAKEN' })
  })

  await t.test('a closed transport takes nobody, and leaves those it has', async t => {
    const rig = await makeRig(t, listen)
    const device = await rig.device()
    await rig.transport.close()
    await assert.rejects(RawDevice.open(rig.port, '/', {}))
    rig.connection().sendText('still here')
    assert.deepEqual(await device.next(), { opcode: 1, payload: Buffer.from('still here') })
  })
}
