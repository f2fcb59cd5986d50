import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { DeviceStanding } from '../../src/core/device-directory.js'
import type { Log } from '../../src/core/log.js'
import { StandingWatch, type Guest } from '../../src/gateway/standing-watch.js'

const quiet: Log = { trace () {}, debug () {}, info () {}, warn () {}, error () {}, child: () => quiet }

function makeRig (t: TestContext) {
  const known = new Map<string, DeviceStanding>()
  const guests: Guest[] = []
  const gone: string[] = []
  const asked: (readonly string[])[] = []
  let revision = 0
  const watch = new StandingWatch({
    everyMs: 0,
    log: quiet,
    guests: () => guests,
    store: {
      revision: () => Promise.resolve(String(revision)),
      standings: ids => { asked.push(ids); return Promise.resolve(ids.flatMap(id => known.get(id) ?? [])) }
    }
  })
  t.after(() => { watch.close() })
  return {
    watch, gone, asked,
    enter: (deviceId: string, keyVersion?: number, isKept = true) => {
      const facts = { isKept, keyVersion, language: undefined, firmwareVersion: undefined }
      guests.push({ deviceId, facts, leave: why => { gone.push(`${deviceId}: ${why}`); guests.splice(guests.findIndex(guest => guest.deviceId === deviceId), 1) } })
    },
    decide: (deviceId: string, standing?: Omit<DeviceStanding, 'deviceId'>) => {
      if (standing === undefined) known.delete(deviceId)
      else known.set(deviceId, { deviceId, ...standing })
      revision++
    }
  }
}

test('whoever is revoked, forgotten or has another key is sent away; the others stay', async t => {
  const { watch, gone, enter, decide } = makeRig(t)
  for (const id of ['a', 'b', 'c', 'd']) {
    decide(id, { state: 'bound', keyVersion: 1 })
    enter(id, 1)
  }
  await watch.look()
  assert.deepEqual(gone, [])
  decide('a', { state: 'revoked', keyVersion: 2 })
  decide('b', { state: 'bound', keyVersion: 2 })
  decide('c')
  await watch.look()
  assert.deepEqual(gone, ['a: the device is revoked', 'b: the device has another key', 'c: the device is forgotten'])
})

test('a device that was let in without a key of its own stays when it gets one', async t => {
  const { watch, gone, enter, decide } = makeRig(t)
  decide('a', { state: 'bound', keyVersion: 2 })
  enter('a')
  enter('stranger', undefined, false)
  await watch.look()
  assert.deepEqual(gone, [])
})

test('devices are looked up when somebody decided, and once more, for one that came in between', async t => {
  const { watch, gone, asked, enter, decide } = makeRig(t)
  decide('a', { state: 'revoked', keyVersion: 2 })
  await watch.look()
  enter('a', 1)
  await watch.look()
  assert.deepEqual(gone, ['a: the device is revoked'])
  const before = asked.length
  enter('b', 1)
  await watch.look()
  await watch.look()
  assert.equal(asked.length, before)
})

test('a store that does not answer sends nobody away, and is asked again', async () => {
  let isLate = true
  const gone: string[] = []
  const facts = { isKept: true, keyVersion: 1, language: undefined, firmwareVersion: undefined }
  const watch = new StandingWatch({
    everyMs: 0,
    log: quiet,
    guests: () => [{ deviceId: 'a', facts, leave: why => { gone.push(why) } }],
    store: { revision: () => Promise.resolve('1'), standings: () => isLate ? Promise.reject(new Error('late')) : Promise.resolve([]) }
  })
  await watch.look()
  assert.deepEqual(gone, [])
  isLate = false
  await watch.look()
  assert.deepEqual(gone, ['the device is forgotten'])
})
