import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { moonshineFiles, moonshineTokens } from '../../native-bindings/model-files.js'
import { Recogniser } from '../../native-bindings/recogniser.js'
import { clips, loadClip } from '../support/clips.js'

test('the recogniser writes down what was said, and nothing where nothing was', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'chorus-recogniser-'))
  t.after(() => rm(folder, { recursive: true }))
  const { encoder, decoder } = moonshineFiles('base')
  const tokens = await moonshineTokens(folder)
  const recogniser = new Recogniser({ kind: 'moonshine', encoder: encoder.path, decoder: decoder.path, tokens: tokens.path })
  const wordsOf = (samples: Int16Array): string => recogniser.recognise(Float32Array.from(samples, sample => sample / 32_768))
  assert.equal(wordsOf(loadClip(clips.sevenOfClubs)).toLowerCase().replace(/[^a-z ]/g, ''), clips.sevenOfClubs.text)
  assert.equal(wordsOf(new Int16Array(16_000)), '')
  assert.equal(wordsOf(new Int16Array(1)), '')
  assert.equal(wordsOf(new Int16Array(0)), '')
  assert.match(wordsOf(loadClip(clips.chieftain)), /fifty pieces of gold/i)
})
