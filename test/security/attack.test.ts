import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import type { Socket } from 'node:net'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { mockSettings, MockService } from '../../src/bin/simulate/mock-service.js'
import { parseArguments } from '../../src/bin/simulate/arguments.js'
import type { SimulateResult } from '../../src/bin/simulate/result.js'
import { RawDevice } from '../gateway/raw-device.js'
import { ChorusServer } from '../support/chorus-server.js'
import { clips, fixturePath } from '../support/clips.js'
import { answerTo, closed, openSocket, until } from './attackers.js'

const script = fileURLToPath(new URL('../../src/bin/simulate.js', import.meta.url))
const TEXT = 1
const BINARY = 2
const CLOSE = 8
const HALF_OPEN = 1000
const PATH = '/xiaozhi/v1/'
const hello = Buffer.from('{"type":"hello","version":1,"transport":"websocket"}')
const listen = Buffer.from('{"type":"listen","state":"start","mode":"manual"}')

let server: ChorusServer
let gatewayPort: number
let httpPort: number

before(async t => {
  const context = t as unknown as { after (fn: () => Promise<void>): void }
  const stops: Array<() => Promise<void>> = []
  const quiet = { onProgress: () => {}, onExit: () => {} }
  const mock = await MockService.start(parseArguments(['--mock-ai', '--answer-s', '1']), quiet, new AbortController().signal)
  context.after(async () => {
    for (const stop of stops) await stop()
    await mock.stop()
  })
  server = await ChorusServer.start({ after: stop => { stops.push(stop) } }, { args: mockSettings(mock.baseUrl, 'mock') })
  gatewayPort = Number(new URL(server.url).port)
  httpPort = Number(new URL(server.httpUrl).port)
})

/** An honest device talks from when the attack begins; at the end no session is left. */
async function besideAnHonestDevice (attack: () => Promise<void>): Promise<void> {
  const load = ['--devices', '1', '--seconds', '4', '--answer-s', '1', '--pause-s', '1', '--json']
  const clip = ['--wav', fixturePath(clips.sevenOfClubs.file)]
  const talking = new Promise<SimulateResult>((resolve, reject) => {
    execFile(process.execPath, [script, '--url', server.url, '--health', `${server.httpUrl}/healthz`, ...load, ...clip], (_error, stdout, stderr) => {
      if (stdout === '') reject(new Error(stderr))
      else resolve(JSON.parse(stdout) as SimulateResult)
    })
  })
  const [result] = await Promise.all([talking, attack()])
  assert.deepEqual([result.turns.unanswered, result.turns.cut, result.frames.underruns], [0, 0, 0], JSON.stringify(result.failures))
  assert.ok(result.turns.answered > 0)
  await until('no session is left', async () => (await server.health())['sessions'] === 0)
  assert.equal(server.child.exitCode, null)
}

async function attacker (name: string): Promise<RawDevice> {
  const device = await RawDevice.open(gatewayPort, PATH, { 'Device-Id': name, 'Protocol-Version': '1' })
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

test('1000 frames at once end their connection with 1008, and are counted (T157)', async () => {
  await besideAnHonestDevice(async () => {
    const floods = (await server.health())['floods']!
    const device = await attacker('flood-frames')
    device.send(TEXT, listen)
    for (let frame = 0; frame < 1000; frame++) device.send(BINARY, Buffer.of(0xf8, 0xff, 0xfe))
    assert.equal(await closeCode(device), 1008)
    device.destroy()
    assert.equal((await server.health())['floods'], floods + 1)
  })
})

test('1000 texts end their connection with 1008, and are counted (T157)', async () => {
  await besideAnHonestDevice(async () => {
    const floods = (await server.health())['floods']!
    const device = await attacker('flood-texts')
    for (let text = 0; text < 1000; text++) device.send(TEXT, Buffer.from('{"type":"abort"}'))
    assert.equal(await closeCode(device), 1008)
    device.destroy()
    assert.equal((await server.health())['floods'], floods + 1)
  })
})

test('oversize messages, headers and bodies are refused (T158)', async () => {
  await besideAnHonestDevice(async () => {
    const socket = await openSocket(gatewayPort)
    socket.write(RawDevice.request(PATH, { 'Device-Id': 'oversize' }))
    socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4])) // announces 4 GB
    await closed(socket)
    await answerTo(gatewayPort, `GET ${PATH} HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(200_000)}\r\n\r\n`)
    assert.match(await answerTo(httpPort, `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`), /^HTTP\/1.1 431 |^$/)
    const response = await fetch(`${server.httpUrl}/xiaozhi/ota/`, { method: 'POST', body: 'x'.repeat(1_000_000) })
    assert.equal(response.status, 413)
  })
})

test('what is no HTTP is refused on both ports', async () => {
  await besideAnHonestDevice(async () => {
    const rubbish = ['\0\0\0\0\r\n\r\n', 'GET\r\n\r\n', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n']
    const answers = await Promise.all([gatewayPort, httpPort].flatMap(port => rubbish.map(bytes => answerTo(port, bytes))))
    for (const answer of answers) assert.doesNotMatch(answer, /^HTTP\/1.1 (200|101)/)
  })
})

test(`${HALF_OPEN} half-open handshakes are cut off`, async () => {
  await besideAnHonestDevice(async () => {
    const sockets: Socket[] = []
    for (let count = 0; count < HALF_OPEN; count++) {
      const socket = await openSocket(count % 2 === 0 ? gatewayPort : httpPort)
      socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\nX-Half:`)
      socket.resume()
      sockets.push(socket)
    }
    await Promise.all(sockets.map(closed))
  })
})

test('headers that come drop by drop end with their connection', async () => {
  await besideAnHonestDevice(async () => {
    await Promise.all([gatewayPort, httpPort].map(async port => {
      const socket = await openSocket(port)
      socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n`)
      socket.resume()
      const drip = setInterval(() => { socket.write('X-Drop: 1\r\n') }, 500)
      await closed(socket).finally(() => { clearInterval(drip); socket.destroy() })
    }))
  })
})
