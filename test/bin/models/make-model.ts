import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { ArchiveModel } from '../../../src/bin/models/catalogue.js'

export interface MadeModel { readonly model: ArchiveModel, readonly archive: Buffer }

/** A model of two small files, packed as the real ones are: in a folder, beside other files. */
export function makeModel (t: TestContext): MadeModel {
  const folder = makeFolder(t)
  const inner = join(folder, 'sherpa-onnx-some-model')
  mkdirSync(join(inner, 'test_wavs'), { recursive: true })
  const contents = { 'model.int8.onnx': randomBytes(200_000), 'tokens.txt': Buffer.from('<unk> 0\n') }
  for (const [name, bytes] of Object.entries(contents)) writeFileSync(join(inner, name), bytes)
  writeFileSync(join(inner, 'test_wavs', 'en.wav'), 'RIFF')
  writeFileSync(join(inner, 'README.md'), 'about')
  execFileSync('tar', ['-cjf', join(folder, 'model.tar.bz2'), '-C', folder, 'sherpa-onnx-some-model'])
  const archive = readFileSync(join(folder, 'model.tar.bz2'))
  const model: ArchiveModel = {
    id: 'sense-voice',
    title: 'Some model',
    languages: { zh: 'Chinese', en: 'English' },
    licence: 'Some licence',
    url: 'http://127.0.0.1:9/not-used',
    bytes: archive.length,
    sha256: sha256(archive),
    files: Object.entries(contents).map(([name, bytes]) => ({ name, bytes: bytes.length, sha256: sha256(bytes) }))
  }
  return { model, archive }
}

/** A directory that goes with the test. */
export function makeFolder (t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-models-'))
  t.after(() => { rmSync(folder, { recursive: true, force: true }) })
  return folder
}

function sha256 (bytes: Buffer): string { return createHash('sha256').update(bytes).digest('hex') }
