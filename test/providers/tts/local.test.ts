import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PcmChunk } from '../../../src/providers/types.js'
import { LocalTts, type LocalTtsOptions } from '../../../src/providers/tts/local.js'

const pcm: PcmChunk = { samples: new Int16Array(8), sampleRateHz: 16_000 }

function makeRig (engine: LocalTtsOptions['engine'], hasEspeak: boolean, answer: Promise<PcmChunk> = Promise.resolve(pcm)) {
  const asked: string[] = []
  const tts = new LocalTts({ engine, hasEspeak, jobs: { speak: (engine, text, language) => { asked.push(`${engine} ${language} ${text}`); return answer } } })
  const say = async (language: string, signal = new AbortController().signal): Promise<PcmChunk[]> => {
    const chunks: PcmChunk[] = []
    for await (const chunk of tts.synthesise({ text: 'hi', language, signal })) chunks.push(chunk)
    return chunks
  }
  return { asked, say }
}

for (const [engine, hasEspeak, language, asked] of [
  ['auto', true, 'en', 'flite en hi'], ['auto', false, 'en', 'flite en hi'], ['auto', true, 'zh', 'espeak zh hi'],
  ['flite', true, 'en', 'flite en hi'], ['espeak', true, 'en', 'espeak en hi'], ['espeak', true, 'de', 'espeak de hi']
] as const) {
  test(`${engine}${hasEspeak ? '' : ' without espeak-ng'} speaks ${language}: ${asked}`, async () => {
    const rig = makeRig(engine, hasEspeak)
    assert.deepEqual(await rig.say(language), [pcm])
    assert.deepEqual(rig.asked, [asked])
  })
}

for (const [engine, hasEspeak, language] of [['auto', false, 'zh'], ['flite', true, 'zh'], ['espeak', false, 'en']] as const) {
  test(`${engine}${hasEspeak ? '' : ' without espeak-ng'} has no voice for ${language}`, async () => {
    const rig = makeRig(engine, hasEspeak)
    await assert.rejects(rig.say(language), { code: 'CHORUS_TTS_NO_VOICE' })
    assert.deepEqual(rig.asked, [])
  })
}

test('an abort is the end and no error, a failure is one', async () => {
  const error = new Error('job')
  await assert.rejects(makeRig('auto', false, Promise.reject(error)).say('en'), error)
  const controller = new AbortController()
  const answer = new Promise<PcmChunk>((_resolve, reject) => { controller.signal.addEventListener('abort', () => { reject(error) }) })
  const said = makeRig('auto', false, answer).say('en', controller.signal)
  controller.abort()
  assert.deepEqual(await said, [])
})
