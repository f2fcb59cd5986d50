import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Recogniser } from '../../native-bindings/recogniser.js'
import { makeFolder } from '../bin/models/make-model.js'
import { senseVoiceFiles, WORD_HZ } from '../support/sense-voice-model.js'

test('a model of the SenseVoice kind is loaded and heard, without its tags', t => {
  const folder = makeFolder(t)
  for (const [name, bytes] of Object.entries(senseVoiceFiles())) writeFileSync(join(folder, name), bytes)
  const recogniser = new Recogniser({ kind: 'sense-voice', model: join(folder, 'model.int8.onnx'), tokens: join(folder, 'tokens.txt') })
  const sung = (['low', 'high', 'mid'] as const).flatMap(word => [...silence(), ...tone(WORD_HZ[word])])
  assert.equal(recogniser.recognise(Float32Array.from([...sung, ...silence()])), 'low high mid')
  assert.equal(recogniser.recognise(new Float32Array(16_000)), '')
})

function tone (hz: number): number[] {
  return Array.from({ length: 6400 }, (_, at) => 0.25 * Math.sin(2 * Math.PI * hz * at / 16_000))
}

function silence (): number[] { return new Array<number>(4000).fill(0) }
