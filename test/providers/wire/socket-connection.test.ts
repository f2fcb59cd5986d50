import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Faults } from '../../../src/providers/wire/faults.js'
import { SocketConnection, type SocketOptions } from '../../../src/providers/wire/socket-connection.js'
import { Complaint, FakeVendor, type VendorScript } from '../../support/fake-vendor.js'

const faults = new Faults('tts/fake', ['geheim'])

async function connect (t: TestContext, script: VendorScript, options: Partial<SocketOptions> = {}) {
  const fake = await FakeVendor.start(t, script)
  const controller = new AbortController()
  t.after(() => { controller.abort() })
  return { fake, controller, open: () => SocketConnection.open(faults, fake.socketUrl, { signal: controller.signal, ...options }) }
}

const echo: VendorScript = { socket: async socket => { for (;;) await socket.send(await socket.next()) } }

test('texts and bytes come as what they are, in order', { timeout: 10_000 }, async t => {
  const { open } = await connect(t, echo)
  await using socket = await open()
  for (const message of ['one', Buffer.from([1, 2, 3]), 'three']) socket.send(message)
  assert.deepEqual([await socket.next(), await socket.next(), await socket.next()], ['one', Buffer.from([1, 2, 3]), 'three'])
})

test('a vendor that sends more than is read is made to wait, and nothing is lost', { timeout: 10_000 }, async t => {
  const many = 1000
  const { open } = await connect(t, {
    socket: async socket => {
      for (let at = 0; at < many; at++) await socket.send(String(at))
      await socket.gone()
    }
  })
  await using socket = await open()
  for (let at = 0; at < many; at++) assert.equal(await socket.next(), String(at))
})

test('a refused handshake says what the vendor said, without the key', { timeout: 10_000 }, async t => {
  const { open } = await connect(t, { handshake: () => { throw new Complaint(401, 'the key geheim is not good') } })
  await assert.rejects(open(), { code: 'CHORUS_PROVIDER_REFUSED', message: /401.*the key \*\*\* is not good/ })
})

test('a server that is not there, and one that says nothing, are different failures', { timeout: 10_000 }, async t => {
  const signal = new AbortController().signal
  await assert.rejects(SocketConnection.open(faults, 'ws://127.0.0.1:9', { signal }), { code: 'CHORUS_PROVIDER_BROKEN' })
  const { fake, open } = await connect(t, echo, { connectTimeoutMs: 50 })
  fake.fail({ kind: 'hang-before-headers' })
  await assert.rejects(open(), { code: 'CHORUS_PROVIDER_TIMEOUT' })
})

test('a vendor that goes is told of, with its reason', { timeout: 10_000 }, async t => {
  const { open } = await connect(t, { socket: () => Promise.reject(new Complaint(400, 'enough')) })
  await using socket = await open()
  await assert.rejects(socket.next(), { code: 'CHORUS_PROVIDER_BROKEN', message: /1008 enough/ })
  assert.throws(() => { socket.send('anybody?') }, { code: 'CHORUS_PROVIDER_BROKEN' })
})

test('an abort closes the socket at once, and ends what is waited for without an error', { timeout: 10_000 }, async t => {
  const { fake, controller, open } = await connect(t, { socket: async socket => { await socket.gone() } })
  const arrived = fake.nextRequest()
  const socket = await open()
  const next = socket.next()
  controller.abort()
  assert.equal(await next, undefined)
  assert.notEqual(await (await arrived).outcome, 'broken')
  socket.send('is not sent')
  await assert.rejects(open(), error => error === controller.signal.reason)
})
