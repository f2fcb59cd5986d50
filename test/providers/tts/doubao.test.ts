import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { DoubaoTts, type DoubaoOptions } from '../../../src/providers/tts/doubao.js'
import { Complaint, type VendorAnswer, type VendorRequest } from '../../support/fake-vendor.js'
import { ttsConformance, type Traits } from '../tts-conformance.js'
import { startHttpVoice, type HttpRig } from './http-rig.js'
import { piecesOfPcm, speak } from './socket-rig.js'

const options: DoubaoOptions = {
  url: '', appId: '123', accessToken: 'geheim', authorization: 'Bearer;', cluster: 'volcano_tts', voice: 'BV001_streaming', sampleRateHz: 24_000,
  speedRatio: 1.2, volumeRatio: 0.9, pitchRatio: 1.1
}

const traits: Traits = {
  rubbish: [
    { kind: 'rubbish', contentType: 'text/html', body: '<html>Sign in</html>' },
    { kind: 'rubbish', contentType: 'application/json', body: '{"code":3000,"message":"Success"}' },
    { kind: 'rubbish', contentType: 'application/json', body: '{"code":3000,"data":""}' },
    { kind: 'rubbish', contentType: 'application/json', body: '{"code":3000,"data":"AAAA' },
    { kind: 'rubbish', contentType: 'application/json', body: '{"code":3000,"data":"{}"}' },
    { kind: 'rubbish', contentType: 'application/json', body: '' }
  ]
}

function answerOf (samples: number): VendorAnswer {
  const data = Buffer.concat(piecesOfPcm(samples)).toString('base64')
  const text = JSON.stringify({ reqid: 'r', code: 3000, operation: 'query', message: 'Success', sequence: -1, data, addition: { duration: '62' } })
  const begin = text.indexOf('"data"') + 900 // the first piece has sound
  return { contentType: 'application/json', parts: [text.slice(0, begin), text.slice(begin, begin + 1001), text.slice(begin + 1001)] }
}

async function start (t: TestContext, more: Partial<DoubaoOptions> = {}): Promise<HttpRig & { readonly requests: unknown[] }> {
  const requests: unknown[] = []
  const check = ({ method, path, headers, body }: VendorRequest): void => {
    assert.deepEqual([method, path, headers['content-type']], ['POST', '/api/v1/tts', 'application/json'])
    if (headers.authorization !== 'Bearer;geheim') throw new Complaint(401, '', '{"code":3001,"message":"requested grant not found: geheim"}')
    requests.push(JSON.parse(body.toString()))
  }
  const rig = await startHttpVoice(t, { check, answerOf }, url => new DoubaoTts({ ...options, ...more, url: `${url}/api/v1/tts` }))
  return { ...rig, requests }
}

test('Volcano over HTTP conforms', t => ttsConformance(t, start, traits))

test('the request is the one of the documents, each with an id of its own', async t => {
  const { tts, requests, fake } = await start(t)
  await speak(tts, { text: '你好。', language: 'zh' })
  await speak(tts, { language: 'ja' })
  const [first, second] = requests as Array<{ audio: object, request: { reqid: string } }>
  assert.match(first!.request.reqid, /^[0-9a-f-]{36}$/)
  assert.notEqual(first!.request.reqid, second!.request.reqid)
  const audio = { voice_type: 'BV001_streaming', encoding: 'pcm', rate: 24_000, speed_ratio: 1.2, volume_ratio: 0.9, pitch_ratio: 1.1 }
  assert.deepEqual(first, {
    app: { appid: '123', token: 'access_token', cluster: 'volcano_tts' },
    user: { uid: 'chorus' },
    audio,
    request: { reqid: first!.request.reqid, text: '你好。', text_type: 'plain', operation: 'query' }
  })
  assert.deepEqual(second!.audio, { ...audio, explicit_language: 'ja' })
  assert.deepEqual(fake.complaints, [])
})

test('an error is told with the code of the service, whether it comes with a status or without one', async t => {
  const { tts, reply } = await start(t)
  for (const body of ['{"reqid":"r","code":3011,"message":"illegal input text!"}', '{"code":3011,"message":"illegal input text!","data":""}']) {
    reply({ contentType: 'application/json', parts: [body] })
    await assert.rejects(speak(tts), { code: 'CHORUS_PROVIDER_REFUSED', args: ['tts/doubao', 3011, 'illegal input text!'] })
  }
})

test('the key is not quoted', async t => {
  const { tts } = await start(t, { authorization: 'Bearer ' })
  await assert.rejects(speak(tts), { code: 'CHORUS_PROVIDER_REFUSED', args: ['tts/doubao', 3001, 'requested grant not found: ***'] })
})
