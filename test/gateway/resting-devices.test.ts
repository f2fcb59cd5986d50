import assert from 'node:assert/strict'
import { test } from 'node:test'
import { factsOf } from '../../src/gateway/admission.js'
import { RestingDevices } from '../../src/gateway/resting-devices.js'
import { HELLO, makeRig as makeSessions, start } from '../session/session-rig.js'

const SPEAK = { kind: 'speak', text: 'Dinner is ready.' } as const
const NOTIFY = { kind: 'notify', audioUrl: 'http://10.0.0.1/a.ogg', subtitles: [] } as const
const READY = '{"type":"speak_ready","state":"ready"}'

function makeRig (waitMs = 20) {
  const told: Readonly<Record<string, unknown>>[] = []
  const devices = new RestingDevices({ waitMs, tell: (_deviceId, text) => { told.push(JSON.parse(text) as Record<string, unknown>) } })
  const join = (firmwareVersion?: string): void => { devices.joined('a', { ...factsOf(undefined), firmwareVersion }) }
  return { devices, told, join }
}

test('nobody at the broker is offline', async () => {
  const { devices, told, join } = makeRig()
  assert.equal(await devices.obey('a', NOTIFY), 'offline')
  join()
  devices.left('a')
  assert.equal(await devices.obey('a', SPEAK), 'offline')
  assert.deepEqual(told, [])
})

test('firmware that is known to be too old for a sound is not sent one', async () => {
  const { devices, told, join } = makeRig()
  join('2.4.2')
  assert.equal(await devices.obey('a', NOTIFY), 'unable')
  join('2.5.0')
  assert.equal(await devices.obey('a', NOTIFY), 'sent')
  join(undefined)
  assert.equal(await devices.obey('a', NOTIFY), 'sent')
  assert.deepEqual(told.map(({ type }) => type), ['notify', 'notify'])
})

test('a device that ignores the request is unable, and one call waits at a time', async () => {
  const { devices, told, join } = makeRig()
  join()
  const first = devices.obey('a', SPEAK)
  assert.equal(await devices.obey('a', SPEAK), 'busy')
  assert.equal(await first, 'unable')
  assert.deepEqual(told, [{ type: 'speak_request', text: 'Dinner is ready.', auto_listen: false, session_id: '' }])
})

test('what is to be said waits until the device is ready and has sent a packet', async t => {
  const { devices, join } = makeRig(60_000)
  const sessions = makeSessions(t)
  join()
  const receipt = devices.obey('a', SPEAK)
  const session = sessions.open('a')
  devices.opened(session)
  session.onText(HELLO)
  session.onText(READY)
  assert.deepEqual(sessions.take().filter(line => line.startsWith('seat')), [], 'nobody knows yet where to send audio')
  session.onBinary(Uint8Array.of(1))
  assert.deepEqual(sessions.take().filter(line => line.startsWith('seat')), ['seat speak Dinner is ready.'])
  session.onClosed()
  assert.equal(await receipt, 'cut')
})

test('a device that listens is as good as one that says that it is ready', async t => {
  const { devices, join } = makeRig(60_000)
  const sessions = makeSessions(t)
  join()
  const receipt = devices.obey('a', SPEAK)
  const session = sessions.open('a')
  devices.opened(session)
  session.onText(HELLO)
  session.onText(start('auto'))
  session.onBinary(Uint8Array.of(1))
  assert.ok(sessions.take().includes('seat speak Dinner is ready.'))
  session.onClosed()
  assert.equal(await receipt, 'cut')
})

test('a device that is ready too late says nothing: the operator was told that it is unable', async t => {
  const { devices, join } = makeRig()
  const sessions = makeSessions(t)
  join()
  const receipt = devices.obey('a', SPEAK)
  const session = sessions.open('a')
  devices.opened(session)
  session.onText(HELLO)
  assert.equal(await receipt, 'unable')
  session.onText(READY)
  session.onBinary(Uint8Array.of(1))
  assert.deepEqual(sessions.take().filter(line => line.startsWith('seat')), [])
})
