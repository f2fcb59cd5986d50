import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { AliyunTts, type AliyunOptions } from '../../../src/providers/tts/aliyun.js'
import { Complaint, type VendorAnswer, type VendorRequest } from '../../support/fake-vendor.js'
import { ttsConformance, type Traits } from '../tts-conformance.js'
import { startTokens } from './aliyun-tokens.js'
import { startHttpVoice, type HttpRig } from './http-rig.js'
import { piecesOfPcm, speak } from './socket-rig.js'

const options: AliyunOptions = {
  url: '', appKey: 'app-geheim', token: 'let-me-in', accessKeyId: 'id', accessKeySecret: 'secret', tokenUrl: 'http://127.0.0.1:9/', tokenRefreshMs: 60_000,
  voice: 'xiaoyun', sampleRateHz: 24_000, volume: 50, speechRate: -100, pitchRate: 20
}

const traits: Traits = {
  rubbish: [
    { kind: 'rubbish', contentType: 'text/html', body: '<html>Sign in</html>' },
    { kind: 'rubbish', contentType: 'application/json', body: '{"hello":"world"}' },
    { kind: 'rubbish', contentType: 'audio/mpeg', body: '' }
  ]
}

interface Started extends HttpRig { readonly requests: Array<Readonly<Record<string, unknown>>> }

/** @param valid the tokens that are good */
async function start (t: TestContext, more: Partial<AliyunOptions> = {}, valid = ['let-me-in']): Promise<Started> {
  const requests: Started['requests'] = []
  const check = ({ method, path, headers, body }: VendorRequest): void => {
    assert.deepEqual([method, path, headers['content-type']], ['POST', '/stream/v1/tts', 'application/json'])
    const request = JSON.parse(body.toString()) as Readonly<Record<string, unknown>>
    requests.push(request)
    if (valid.includes(String(request['token']))) return
    throw new Complaint(400, '', `{"task_id":"t","result":"","status":40000001,"message":"The token '${String(request['token'])}' is invalid!"}`)
  }
  const answerOf = (samples: number): VendorAnswer => ({ contentType: 'audio/mpeg', parts: piecesOfPcm(samples) })
  const rig = await startHttpVoice(t, { check, answerOf }, url => new AliyunTts({ ...options, ...more, url: `${url}/stream/v1/tts` }))
  return { ...rig, requests }
}

test('Aliyun over HTTP conforms', t => ttsConformance(t, start, traits))

test('the request is the one of the documents', async t => {
  const { tts, requests, fake } = await start(t)
  await speak(tts, { text: '你好。', language: 'zh' })
  assert.deepEqual(requests, [{
    appkey: 'app-geheim', token: 'let-me-in', text: '你好。', format: 'pcm', voice: 'xiaoyun', sample_rate: 24_000, volume: 50, speech_rate: -100, pitch_rate: 20
  }])
  assert.deepEqual(fake.complaints, [])
})

test('an error is told with the code of the service, whatever the status, and without what lets us in', async t => {
  const { tts, reply } = await start(t)
  reply({ contentType: 'application/json', parts: ['{"status":41020001,"message":"no voice for app-geheim"}'] })
  await assert.rejects(speak(tts), { code: 'CHORUS_PROVIDER_REFUSED', args: ['tts/aliyun', 41_020_001, 'no voice for ***'] })
})

test('a failure is not played, though it says that it is sound', async t => {
  const { tts, fail } = await start(t)
  fail({ kind: 'status', status: 500, headers: { 'content-type': 'audio/mpeg' }, body: 'busy' })
  await assert.rejects(speak(tts), { code: 'CHORUS_PROVIDER_REFUSED', args: ['tts/aliyun', 500, 'busy'] })
})

test('a token that the service does not take any more is replaced, and the sentence is spoken', async t => {
  const tokens = await startTokens(t)
  const valid = ['made-1']
  const { tts, requests } = await start(t, { token: '', tokenUrl: `${tokens.url}/` }, valid)
  await speak(tts)
  valid[0] = 'made-2'
  assert.ok((await speak(tts)).length > 0)
  assert.deepEqual(requests.map(({ token }) => token), ['made-1', 'made-1', 'made-2'])
})

test('a new token that the service does not take is not replaced, and not quoted', async t => {
  const tokens = await startTokens(t)
  const { tts } = await start(t, { token: '', tokenUrl: `${tokens.url}/` }, [])
  await assert.rejects(speak(tts), { code: 'CHORUS_PROVIDER_REFUSED', args: ['tts/aliyun', 40_000_001, 'The token \'***\' is invalid!'] })
  assert.equal(tokens.requests.length, 1)
})

test('a token that was set and is refused is told of once', async t => {
  const { tts, requests } = await start(t, {}, [])
  await assert.rejects(speak(tts), { args: ['tts/aliyun', 40_000_001, 'The token \'***\' is invalid!'] })
  assert.equal(requests.length, 1)
})
