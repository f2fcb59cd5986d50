import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Faults } from '../../../src/providers/wire/faults.js'
import { SocketConnection } from '../../../src/providers/wire/socket-connection.js'
import { SocketPool, type SocketLease } from '../../../src/providers/wire/socket-pool.js'
import { FakeVendor, type ScriptedSocket } from '../../support/fake-vendor.js'

const faults = new Faults('tts/fake')
const never = new AbortController().signal
const limit = { timeout: 10_000 }

interface Rig { readonly pool: SocketPool, readonly fake: FakeVendor, readonly sockets: ScriptedSocket[] }

async function start (t: TestContext, idleMs = 60_000): Promise<Rig> {
  const sockets: ScriptedSocket[] = []
  const fake = await FakeVendor.start(t, {
    socket: async socket => {
      sockets.push(socket)
      for (;;) await socket.send(await socket.next())
    }
  })
  const pool = new SocketPool(signal => SocketConnection.open(faults, fake.socketUrl, { signal }), idleMs)
  t.after(() => pool.close())
  return { pool, fake, sockets }
}

async function use (lease: SocketLease, keep: boolean): Promise<void> {
  await using held = lease
  held.socket.send('hello')
  await held.socket.next()
  if (keep) held.keep()
}

test('what is kept serves the next one, what is not kept is closed', limit, async t => {
  const { pool, fake } = await start(t)
  const first = await pool.take(never)
  await use(first, true)
  const second = await pool.take(never)
  assert.deepEqual([first.isReused, second.isReused, second.socket === first.socket], [false, true, true])
  await use(second, false)
  assert.equal(second.socket.isOpen, false)
  await use(await pool.take(never), true)
  assert.equal(fake.requests.length, 2)
})

test('two at once have a connection each', limit, async t => {
  const { pool, fake } = await start(t)
  const [one, other] = await Promise.all([pool.take(never), pool.take(never)])
  assert.notEqual(one.socket, other.socket)
  await Promise.all([use(one, true), use(other, true)])
  await Promise.all([use(await pool.take(never), true), use(await pool.take(never), true)])
  assert.equal(fake.requests.length, 2)
})

test('many at once make nobody warn of a leak', limit, async t => {
  const { pool } = await start(t)
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => { warnings.push(warning) }
  process.on('warning', onWarning)
  t.after(() => { process.off('warning', onWarning) })
  const leases = await Promise.all(Array.from({ length: 20 }, () => pool.take(new AbortController().signal)))
  await pool.close()
  await new Promise(setImmediate)
  assert.deepEqual([leases.filter(lease => lease.socket.isOpen), warnings], [[], []])
})

test('one that the vendor left, or has something to say on, is not used again', limit, async t => {
  const { pool, fake, sockets } = await start(t)
  const left = await pool.take(never)
  await use(left, true)
  const speaking = await pool.take(never)
  assert.equal(speaking.isReused, true)
  speaking.socket.send('an answer that nobody reads')
  while (!speaking.socket.hasMessage) await new Promise(setImmediate)
  speaking.keep()
  await speaking[Symbol.asyncDispose]()
  const fresh = await pool.take(never)
  assert.deepEqual([fresh.isReused, speaking.socket.isOpen], [false, false])
  await use(fresh, true)
  assert.deepEqual([fake.requests.length, sockets.length], [2, 2])
})

test('one that waits for too long is closed', limit, async t => {
  const { pool, fake } = await start(t, 1)
  const arrived = fake.nextRequest()
  await use(await pool.take(never), true)
  await (await arrived).outcome
  assert.equal((await pool.take(never)).isReused, false)
})

test('without waiting each serves once', limit, async t => {
  const { pool } = await start(t, 0)
  await pool.warm()
  await use(await pool.take(never), true)
  assert.equal((await pool.take(never)).isReused, false)
})

test('an abort closes the one in use, and the one that is being opened', limit, async t => {
  const { pool, fake } = await start(t)
  const controller = new AbortController()
  const lease = await pool.take(controller.signal)
  fake.fail({ kind: 'hang-before-headers' })
  const arrived = fake.nextRequest()
  const opening = assert.rejects(pool.take(controller.signal))
  const request = await arrived
  controller.abort()
  await opening
  assert.equal(await request.outcome, 'aborted')
  assert.equal(lease.socket.isOpen, false)
  lease.keep()
  await lease[Symbol.asyncDispose]()
  assert.equal((await pool.take(never)).isReused, false)
})

test('an abort after the lease is given back does not harm the next one', limit, async t => {
  const { pool } = await start(t)
  const controller = new AbortController()
  await use(await pool.take(controller.signal), true)
  controller.abort()
  const lease = await pool.take(never)
  assert.equal(lease.isReused, true)
  await use(lease, true)
})

test('warming opens one for the next, once', limit, async t => {
  const { pool, fake } = await start(t)
  await Promise.all([pool.warm(), pool.warm()])
  await pool.warm()
  assert.equal((await pool.take(never)).isReused, true)
  assert.equal(fake.requests.length, 1)
})

test('who comes while it warms takes that one, and need not wait for it', limit, async t => {
  const { pool, fake } = await start(t)
  const warming = pool.warm()
  await use(await pool.take(never), false)
  await warming
  assert.equal(fake.requests.length, 1)
  fake.fail({ kind: 'hang-before-headers' })
  const cold = pool.warm()
  const controller = new AbortController()
  const taking = assert.rejects(pool.take(controller.signal), error => error === controller.signal.reason)
  controller.abort()
  await taking
  await pool.close()
  await cold
})

test('closing ends those that wait and those in use', limit, async t => {
  const { pool, fake } = await start(t)
  const requests = [fake.nextRequest(), fake.nextRequest()]
  const [used, waiting] = await Promise.all([pool.take(never), pool.take(never)])
  await use(waiting, true)
  await pool.close()
  assert.deepEqual([used.socket.isOpen, waiting.socket.isOpen], [false, false])
  for (const request of requests) await (await request).outcome
  await assert.rejects(pool.take(never))
})
