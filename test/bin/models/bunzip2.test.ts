import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { bunzip2 } from '../../../src/bin/models/bunzip2.js'
import { Bzip2Error } from '../../../src/bin/models/bzip2-error.js'
import { makeFolder } from './make-model.js'

const contents = {
  nothing: Buffer.alloc(0),
  'one byte': Buffer.from('a'),
  'a long run of zeros': Buffer.alloc(1_200_000),
  'runs of all lengths': Buffer.concat(Array.from({ length: 700 }, (_, length) => Buffer.alloc(length % 300, length % 7))),
  'all bytes': Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  noise: randomBytes(250_000),
  text: Buffer.from('Speak, friend, and enter. '.repeat(20_000))
}

for (const [name, content] of Object.entries(contents)) {
  test(`what bzip2 packed comes out the same: ${name}`, t => {
    for (const level of ['-1', '-9']) assert.ok(unpacked(t, packed(content, level)).equals(content))
  })
}

test('several packed streams in a row are one, as parallel packers write them', t => {
  const both = Buffer.concat([packed(contents.text, '-1'), packed(contents['one byte'], '-9')])
  assert.ok(unpacked(t, both).equals(Buffer.concat([contents.text, contents['one byte']])))
})

test('a file that was cut anywhere is refused', t => {
  const whole = packed(contents.text, '-1')
  for (const length of [0, 3, 4, 10, 40, whole.length >> 1, whole.length - 1]) {
    assert.throws(() => unpacked(t, whole.subarray(0, length)), Bzip2Error, `cut after ${length}`)
  }
})

test('a changed bit anywhere is refused or, in the padding, without effect', t => {
  const whole = packed(contents['runs of all lengths'], '-1')
  let refused = 0
  for (let at = 0; at < whole.length; at += 7) {
    const changed = Buffer.from(whole)
    changed[at]! ^= 1 << at % 8
    try {
      assert.ok(unpacked(t, changed).equals(contents['runs of all lengths']))
    } catch (error) {
      assert.ok(error instanceof Bzip2Error, String(error))
      refused++
    }
  }
  assert.ok(refused > whole.length / 7 - 3, `${refused} refused`)
})

test('what is no bzip2 file, or has something behind it, is refused', t => {
  assert.throws(() => unpacked(t, Buffer.from('<html>not found</html>')), /it is no bzip2 file/)
  assert.throws(() => unpacked(t, Buffer.concat([packed(contents.text, '-1'), Buffer.from('more')])), /something else follows/)
})

function packed (content: Buffer, level: string): Buffer {
  return execFileSync('bzip2', [level, '-c'], { input: content, maxBuffer: 1 << 24 })
}

function unpacked (t: TestContext, file: Buffer): Buffer {
  const path = join(folderOf(t), 'packed.bz2')
  writeFileSync(path, file)
  const pieces: Buffer[] = []
  for (const piece of bunzip2(path)) pieces.push(Buffer.from(piece)) // they share their memory
  return Buffer.concat(pieces)
}

const folders = new WeakMap<TestContext, string>()
function folderOf (t: TestContext): string {
  const folder = folders.get(t) ?? makeFolder(t)
  folders.set(t, folder)
  return folder
}
