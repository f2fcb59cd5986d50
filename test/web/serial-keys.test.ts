import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'

import { SerialKeyFile } from '../../src/web/serial-keys.js'

test('who asks while the keys are read for the first time waits for them', async t => {
  const folder = await mkdtemp(path.join(tmpdir(), 'chorus-serials-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = path.join(folder, 'serials.csv')
  await writeFile(file, `SN-1,${'ab'.repeat(16)}\n`)
  const keys = new SerialKeyFile(file, what => { assert.fail(what) })
  const [first, second] = await Promise.all([keys.read(), keys.read()])
  assert.deepEqual(first?.get('SN-1'), Buffer.alloc(16, 0xab))
  assert.equal(second, first)
})

test('without a file nobody has a key, and with one that cannot be read nobody passes', async t => {
  const folder = await mkdtemp(path.join(tmpdir(), 'chorus-serials-'))
  t.after(() => rm(folder, { recursive: true }))
  const troubles: string[] = []
  assert.equal(await new SerialKeyFile(path.join(folder, 'none.csv'), what => { troubles.push(what) }).read(), undefined)
  assert.equal(troubles.length, 0)
  assert.equal((await new SerialKeyFile(folder, what => { troubles.push(what) }).read())?.size, 0)
  assert.equal(troubles.length, 1)
})
