import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { MessageChannel, Worker } from 'node:worker_threads'
import { ChorusError } from '../../src/core/errors.js'
import { createLog } from '../../src/core/log.js'
import { StoreClient } from '../../src/ring/store-client.js'
import type { StoreRequest } from '../../src/ring/store-messages.js'
import { StoreThread } from '../../src/threads/store-thread.js'
import { configIn, makeFolder, reportOf } from '../store/make-store.js'

const log = createLog({ json: true, level: 'error' })

async function makeThread (t: TestContext, data: string): Promise<StoreThread> {
  const thread = new StoreThread({ config: configIn(data), log, onLost: error => { throw error } })
  await thread.start()
  t.after(async () => { await thread.stop() })
  return thread
}

test('clients ask at once, see each other\'s writes, and a restart keeps them', async t => {
  const data = await makeFolder(t)
  const thread = await makeThread(t, data)
  const [one, two] = [thread.connect(), thread.connect()]
  await Promise.all(Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? one : two).admit(reportOf(`device-${index % 100}`, 'c'))))
  assert.equal((await one.find('device-99'))?.clientId, 'c')
  const pending = await two.beginActivation(reportOf('waits'))
  assert.deepEqual(await one.pendingActivation('waits'), pending)
  const key = await one.tokenKey()
  await thread.stop()
  const again = (await makeThread(t, data)).connect()
  assert.equal((await again.find('device-99'))?.clientId, 'c')
  assert.equal(await again.tokenKey(), key)
})

test('another thread asks over a port of its own, and its death is no matter to the rest', async t => {
  const thread = await makeThread(t, await makeFolder(t))
  const port = thread.openPort()
  const client = new URL('../../src/ring/store-client.js', import.meta.url).href
  const script = `
    import { workerData, parentPort } from 'node:worker_threads'
    const { StoreClient } = await import(${JSON.stringify(client)})
    const store = new StoreClient(workerData, 4000)
    parentPort.postMessage(await store.admit({ deviceId: 'w', clientId: 'c', address: '::1' }))
    for (let n = 0; n < 100; n++) store.admit({ deviceId: 'w' + n, clientId: 'c', address: '::1' }).catch(() => {})
    setTimeout(() => { process.exit(1) }, 0)
  `
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), { workerData: port, transferList: [port] })
  const answer = await new Promise<unknown>((resolve, reject) => { worker.once('message', resolve).once('error', reject) })
  assert.equal((answer as { readonly clientId: string }).clientId, 'c')
  await new Promise(resolve => { worker.once('exit', resolve) })
  assert.equal((await thread.connect().find('w'))?.state, 'admitted')
})

test('an error of the store keeps its code', async t => {
  const data = await makeFolder(t)
  const thread = new StoreThread({ config: configIn(data, { 'store.maxDevices': 1 }), log, onLost: error => { throw error } })
  await thread.start()
  t.after(async () => { await thread.stop() })
  const client = thread.connect()
  await client.admit(reportOf('a'))
  await assert.rejects(client.admit(reportOf('b')), { code: 'CHORUS_STORE_FULL', args: ['devices', 1, 'store.maxDevices'] })
})

test('a store that cannot be opened fails the start with its own error, and stops in order', async t => {
  const data = await makeFolder(t)
  await writeFile(join(data, 'chorus.db'), 'no database, and long enough to be looked at as one\n'.repeat(40))
  const thread = new StoreThread({ config: configIn(data), log, onLost: error => { throw error } })
  await assert.rejects(thread.start(), (error: unknown) => error instanceof ChorusError && error.code === 'CHORUS_STORE_UNUSABLE')
  await thread.stop()
})

test('who asks while the store stops is told so', async t => {
  const thread = await makeThread(t, await makeFolder(t))
  const client = thread.connect()
  const written = client.admit(reportOf('last'))
  await Promise.all([thread.stop(), written])
  await assert.rejects(client.find('last'), { code: 'CHORUS_STOPPING' })
})

test('a request has a deadline, and an answer that comes later is dropped', async t => {
  const { port1, port2 } = new MessageChannel()
  const client = new StoreClient(port1, 400)
  t.after(() => { client.close() })
  const asked = new Promise<StoreRequest>(resolve => { port2.once('message', resolve) })
  await assert.rejects(client.find('a'), { code: 'CHORUS_STORE_TIMEOUT', args: ['find', 400] })
  port2.postMessage({ id: (await asked).id, value: { deviceId: 'a' } })
  port2.on('message', ({ id }: StoreRequest) => { port2.postMessage({ id, value: { deviceId: 'b' } }) })
  assert.deepEqual(await client.find('b'), { deviceId: 'b' })
})

test('a client whose store goes is told at once', async () => {
  const { port1, port2 } = new MessageChannel()
  const client = new StoreClient(port1, 60_000)
  const asked = client.find('a')
  port2.close()
  await assert.rejects(asked, { code: 'CHORUS_STOPPING' })
})
