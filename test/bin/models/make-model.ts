import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { stringify } from 'yaml'
import type { Model } from '../../../src/bin/models/manifest.js'

export interface MadeModel { readonly model: Model, readonly archive: Buffer, readonly contents: Readonly<Record<string, Buffer>> }

/** A model of two small files, packed as the real ones are: in a folder, beside other files. */
export function makeModel (t: TestContext, changes: Partial<Model> = {}, network: Buffer = randomBytes(200_000), tokens: Buffer = Buffer.from('<unk> 0\n')): MadeModel {
  const contents = { model: ['model.int8.onnx', network], tokens: ['tokens.txt', tokens] } as const
  const named: Readonly<Record<string, Buffer>> = Object.fromEntries(Object.values(contents))
  const archive = pack(t, { ...named, 'test_wavs/en.wav': Buffer.from('RIFF'), 'README.md': Buffer.from('about') })
  const files = Object.entries(contents).map(([part, [path, bytes]]) => [part, { path, bytes: bytes.length, sha256: sha256(bytes) }])
  const model: Model = {
    name: 'some-model',
    title: 'Some model',
    kind: 'sense-voice',
    use: 'recognition',
    languages: ['zh', 'en'],
    licence: { name: 'Some licence', url: 'http://127.0.0.1:9/licence', permissive: true },
    download: { file: 'some-model.tar.bz2', url: 'http://127.0.0.1:9/not-used', bytes: archive.length, sha256: sha256(archive) },
    files: Object.fromEntries(files) as Model['files'],
    ...changes
  }
  return { model, archive, contents: named }
}

/** A .tar.bz2 of these files, all in one folder. */
export function pack (t: TestContext, contents: Readonly<Record<string, Buffer>>): Buffer {
  const folder = makeFolder(t)
  for (const [name, bytes] of Object.entries(contents)) {
    const path = join(folder, 'sherpa-onnx-some-model', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  }
  execFileSync('tar', ['-cjf', join(folder, 'model.tar.bz2'), '-C', folder, 'sherpa-onnx-some-model'])
  return readFileSync(join(folder, 'model.tar.bz2'))
}

/** A manifest of the operator, as `models.manifest` names it. */
export function writeManifest (t: TestContext, models: readonly Model[]): string {
  const path = join(makeFolder(t), 'models.yaml')
  writeFileSync(path, stringify(models))
  return path
}

/** A directory that goes with the test. */
export function makeFolder (t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-models-'))
  t.after(() => { rmSync(folder, { recursive: true, force: true }) })
  return folder
}

export function sha256 (bytes: Buffer): string { return createHash('sha256').update(bytes).digest('hex') }
