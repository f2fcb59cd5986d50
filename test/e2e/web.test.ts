import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { VisionTokens } from '../../src/protocol/vision-token.js'
import { fetchOta } from '../../tools/simulator/fetch-ota.js'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import { ChorusServer } from '../support/chorus-server.js'

const deviceId = '02:00:00:00:00:07'
const clientId = '00000000-0000-4000-8000-000000000007'

async function makeData (t: TestContext): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'chorus-test-'))
  t.after(() => rm(data, { recursive: true, force: true }))
  await mkdir(join(data, 'firmware'))
  await writeFile(join(data, 'firmware', 'bread-compact-wifi_3.0.0.bin'), Buffer.alloc(32 << 20, 1))
  return data
}

test('a device registers, is offered its firmware, loads it, and talks where it was sent', async t => {
  const server = await ChorusServer.start(t, { data: await makeData(t) })
  const { status, body } = await fetchOta(`${server.httpUrl}/xiaozhi/ota/`, { deviceId, clientId })
  const { websocket, firmware } = body as unknown as { websocket: Record<'url' | 'token', string>, firmware: Record<'version' | 'url', string> }
  assert.deepEqual([status, websocket.url, firmware.version], [200, server.url, '3.0.0'])
  assert.match(websocket.token, /^[\w-]{43}\.\d+$/)
  const image = await fetch(firmware.url)
  assert.equal((await image.arrayBuffer()).byteLength, 32 << 20)
  const device = new SimulatedDevice({ url: websocket.url, token: websocket.token, deviceId, clientId, profile: { mic: 'off' } })
  t.after(() => { device.close() })
  await device.sendText('Repeat still here')
  assert.ok((await device.turnDone()).playedFrames > 5)
})

test('an upload reaches the web thread, whose figures and niceness are told', async t => {
  const server = await ChorusServer.start(t, { args: ['--auth.key', 'secret'] })
  const form = new FormData()
  form.append('question', 'What is this?')
  form.append('file', new Blob([Buffer.from('ffd8ffe000104a464946', 'hex')], { type: 'image/jpeg' }), 'camera.jpg')
  const token = (await VisionTokens.create('secret')).sign(deviceId, Date.now())
  const answer = await fetch(`${server.httpUrl}/mcp/vision/explain`, { method: 'POST', headers: { 'device-id': deviceId, authorization: `Bearer ${token}` }, body: form })
  assert.match(await answer.text(), /no vision model is set up/)
  const { threads, web } = await server.health() as unknown as { threads: { kind: string, tid: number }[], web: Record<string, number> }
  assert.ok(threads.some(({ kind, tid }) => kind === 'web' && tid > 0))
  assert.equal(web['uploads'], 0)
})

test('a stop does not wait for who loads a file slowly', async t => {
  const server = await ChorusServer.start(t, { data: await makeData(t) })
  const socket = connect({ port: Number(new URL(server.httpUrl).port), host: '127.0.0.1' })
  socket.on('error', () => {})
  t.after(() => { socket.destroy() })
  socket.write('GET /xiaozhi/ota/download/bread-compact-wifi_3.0.0.bin HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(socket, 'readable')
  await server.stop()
  assert.ok(server.lines.some(line => line.event === 'stopped'))
  assert.ok(!server.lines.some(line => line.event === 'forced'))
})

test('settings that would break devices stop the start, with the reason', async t => {
  const data = await makeData(t)
  const server = new ChorusServer(data, { args: ['--ota.timeZone', 'Mars/Olympus'] })
  assert.equal((await server.exited).code, 1)
  assert.match(server.lines.find(line => line.event === 'failed')?.msg ?? '', /ota\.timeZone.*Mars\/Olympus/)
})

test('an operator has a device that listens speak, and hears when it was said (T074)', async t => {
  const server = await ChorusServer.start(t, { args: ['--http.operatorSecret', 'a secret'] })
  const device = new SimulatedDevice({ url: server.url, deviceId, clientId, profile: { mic: 'off' } })
  t.after(() => { device.close() })
  const order = (body: object): Promise<Response> => fetch(`${server.httpUrl}/operator/devices/${deviceId}`, {
    method: 'POST', headers: { authorization: 'Bearer a secret' }, body: JSON.stringify(body)
  })
  assert.equal((await order({ kind: 'speak', text: 'Dinner is ready.' })).status, 404)
  await device.start('auto')
  const sentences: unknown[] = []
  device.on('message', (message, direction) => { if (direction === 'in' && message['state'] === 'sentence_start') sentences.push(message['text']) })
  const answer = await order({ kind: 'speak', text: 'Dinner is ready.' })
  assert.deepEqual([answer.status, await answer.json()], [200, { receipt: 'spoken' }])
  assert.deepEqual(sentences, ['Dinner is ready.'])
})
