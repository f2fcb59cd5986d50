import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { runDevices } from '../../../src/bin/devices/run-devices.js'
import { makeFolder, makeStore, reportOf, type OpenedForTest } from '../../store/make-store.js'

const ID = '02:00:00:00:00:01'

interface Rig extends OpenedForTest {
  run (...words: readonly string[]): Promise<{ readonly code: number, readonly out: string, readonly error: string }>
}

/** A store that a server has open meanwhile. */
async function makeRig (t: TestContext): Promise<Rig> {
  const data = await makeFolder(t)
  const opened = await makeStore(t, data)
  return {
    ...opened,
    run: async (...words) => {
      let out = ''
      let error = ''
      const code = await runDevices([...words, '--data', data], {
        out: { write: text => { out += text } },
        error: { write: text => { error += text } }
      })
      return { code, out, error }
    }
  }
}

test('an empty store is said to be empty', async t => {
  const { run } = await makeRig(t)
  assert.deepEqual(await run(), { code: 0, out: 'No device is known yet.\n', error: '' })
})

test('the list shows devices and who waits, and neither keys nor codes', async t => {
  const { store, run } = await makeRig(t)
  const { key } = await store.admit(reportOf(ID, 'c1'))
  await store.report(reportOf(ID, 'c1', { board: 'esp\u001b[31m-box', firmwareVersion: '2.0.1' }))
  const { code, challenge } = await store.beginActivation(reportOf('02:00:00:00:00:02'))
  const table = await run('list')
  assert.equal(table.code, 0)
  const json = await run('list', '--json')
  for (const secret of [key, code, challenge]) assert.ok(![table.out, json.out].some(out => out.includes(secret)))
  assert.match(table.out, /^device +state +key .*\n02:00:00:00:00:01 +admitted +1 +c1 +esp\?\[31m-box +2\.0\.1 /)
  assert.match(table.out, /wait for approval.*\ndevice.*\n02:00:00:00:00:02 /)
  const { devices, waiting } = JSON.parse(json.out) as Record<string, readonly { deviceId: string }[]>
  assert.deepEqual([devices!.map(({ deviceId }) => deviceId), waiting!.map(({ deviceId }) => deviceId)], [[ID], ['02:00:00:00:00:02']])
})

test('a device is approved by its code, also as people write it, and the open store sees it at once', async t => {
  const { store, run } = await makeRig(t)
  const { code } = await store.beginActivation(reportOf(ID, 'c1'))
  const { code: exit, out } = await run('approve', `${code.slice(0, 3)} ${code.slice(3)}`)
  assert.deepEqual([exit, out], [0, `${ID} is bound.\n`])
  assert.equal((await store.find(ID))?.state, 'bound')
})

test('revoke, unrevoke, rotate and forget do what they say', async t => {
  const { store, run } = await makeRig(t)
  const first = await store.admit(reportOf(ID))
  assert.equal((await run('revoke', ID)).code, 0)
  assert.equal((await store.find(ID))?.state, 'revoked')
  assert.equal((await run('unrevoke', ID)).code, 0)
  assert.equal((await store.find(ID))?.state, 'admitted')
  const { code, out } = await run('rotate', ID, '--json')
  assert.equal(code, 0)
  const rotated = await store.find(ID)
  assert.equal((JSON.parse(out) as { keyVersion: number }).keyVersion, rotated?.keyVersion)
  assert.ok(!out.includes(rotated!.key))
  assert.notEqual(rotated?.key, first.key)
  assert.equal((await run('forget', ID)).code, 0)
  assert.equal(await store.find(ID), undefined)
})

test('what cannot be done is said with its code, and the exit code tells it', async t => {
  const { run } = await makeRig(t)
  const wrong = await run('approve', '000000')
  assert.equal(wrong.code, 1)
  assert.match(wrong.error, /^CHORUS_CODE_UNKNOWN: no device shows the code 000000/)
  const unknown = await run('revoke', ID)
  assert.equal(unknown.code, 1)
  assert.match(unknown.error, /^CHORUS_DEVICE_UNKNOWN: /)
})

test('a call that is not understood gets the usage', async t => {
  const { run } = await makeRig(t)
  for (const words of [['approve'], ['approve', '1', '2'], ['list', 'x'], ['aprove', '123456'], ['toString', 'x']]) {
    const { code, out, error } = await run(...words)
    assert.deepEqual([code, out], [2, ''], words.join(' '))
    assert.match(error, /is not understood[^]*usage: npm run devices/)
  }
  const { code, out } = await run('--help')
  assert.equal(code, 0)
  assert.match(out, /^usage: npm run devices/)
})
