import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { findStreamingFiles } from '../../native-bindings/streaming-files.js'
import { StreamingRecogniser, type StreamedUtterance } from '../../native-bindings/streaming-recogniser.js'
import { writeToneModel, type ToneModelKind } from '../support/streaming/tone-models.js'
import { concatenate, silence, sing, toFloats } from '../support/streaming/tones.js'

// "not tried with real weights": these models are generated (test/support/streaming), but
// sherpa-onnx loads and runs them as it does those of its releases.
const kinds: readonly ToneModelKind[] = ['zipformer2-ctc', 'zipformer2-transducer', 'paraformer', 'nemo-ctc']

/** 240 ms of silence and 120 ms of sound: too late for a step without what comes behind it. */
const LAST_WORD_SAMPLES = 360 * 16

for (const kind of kinds) {
  test(`${kind}: words come while they are spoken, and the last one when the audio is over`, async t => {
    const recogniser = await load(t, kind)
    const utterance = recogniser.open()
    const cutOff = sing(['mid']).subarray(0, LAST_WORD_SAMPLES)
    const partials = [...new Set(listen(recogniser, utterance, concatenate([sing(['low', 'high']), cutOff])))]
    assert.ok(partials.length >= 3, `only ${partials.join(' | ')}`)
    for (const [at, text] of partials.entries()) assert.ok(text.startsWith(partials[at - 1] ?? ''), text)
    assert.equal(wordsOf(partials.at(-1)!).includes('mid'), false)
    utterance.finish()
    decodeAll(recogniser, [utterance])
    assert.deepEqual(wordsOf(utterance.text), ['low', 'high', 'mid'])
  })

  test(`${kind}: utterances that are decoded in one batch do not mix`, async t => {
    const recogniser = await load(t, kind)
    const songs = [['low', 'mid'], ['high', 'low'], ['mid', 'high']] as const
    const utterances = songs.map(song => {
      const utterance = recogniser.open()
      utterance.accept(toFloats(sing(song)))
      utterance.finish()
      return utterance
    })
    decodeAll(recogniser, utterances)
    assert.deepEqual(utterances.map(({ text }) => wordsOf(text)), songs)
  })

  test(`${kind}: silence is the end of an utterance once there were words, and not before`, async t => {
    const recogniser = await load(t, kind)
    const utterance = recogniser.open()
    listen(recogniser, utterance, silence(3000))
    assert.equal(utterance.isAtEndpoint, false)
    listen(recogniser, utterance, sing(['low']))
    assert.equal(utterance.isAtEndpoint, false)
    listen(recogniser, utterance, silence(1800))
    assert.equal(utterance.isAtEndpoint, true)
    listen(recogniser, utterance, concatenate([sing(['high']), sing(['mid'])]))
    assert.equal(utterance.isAtEndpoint, false)
  })
}

test('the sizes of a step are found out, and the position of the text is told', async t => {
  const recogniser = await load(t, 'zipformer2-ctc')
  assert.deepEqual([recogniser.chunkSamples, recogniser.windowSamples], [32 * 160, 47 * 160])
  const utterance = recogniser.open()
  listen(recogniser, utterance, silence(2000))
  assert.equal(utterance.acceptedSamples, 32_000)
  assert.equal(utterance.decodedSamples % recogniser.chunkSamples, 0)
  const behind = utterance.acceptedSamples - utterance.decodedSamples
  assert.ok(behind > 0 && behind < recogniser.windowSamples, `${behind} samples behind`)
})

async function load (t: TestContext, kind: ToneModelKind): Promise<StreamingRecogniser> {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-streaming-'))
  t.after(() => { rmSync(folder, { recursive: true }) })
  writeToneModel(folder, kind)
  const files = await findStreamingFiles(folder, kind === 'nemo-ctc' ? kind : 'auto')
  return new StreamingRecogniser(files, { threads: 1, ruleSilenceMs: 200 })
}

/** @returns the text after each window of 512 samples */
function listen (recogniser: StreamingRecogniser, utterance: StreamedUtterance, samples: Int16Array): string[] {
  const texts: string[] = []
  for (let at = 0; at < samples.length; at += 512) {
    utterance.accept(toFloats(samples.subarray(at, at + 512)))
    decodeAll(recogniser, [utterance])
    texts.push(utterance.text)
  }
  return texts
}

function decodeAll (recogniser: StreamingRecogniser, utterances: readonly StreamedUtterance[]): void {
  for (;;) {
    const ready = utterances.filter(({ isReady }) => isReady)
    if (ready.length === 0) return
    recogniser.decode(ready)
  }
}

// A paraformer says a word for each 60 ms of its sound.
function wordsOf (text: string): string[] {
  return text.split(' ').filter((word, at, all) => word !== '' && word !== all[at - 1])
}
