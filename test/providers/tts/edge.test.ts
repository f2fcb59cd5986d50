import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { EdgeProtocol, type EdgeOptions } from '../../../src/providers/tts/edge.js'
import { edgeToken } from '../../../src/providers/tts/edge/edge-token.js'
import { SocketVoice } from '../../../src/providers/tts/socket-voice.js'
import { Complaint, FakeVendor, type ScriptedSocket, type VendorRequest } from '../../support/fake-vendor.js'
import { ttsConformance } from '../tts-conformance.js'
import { mp3Of } from './mp3-of.js'
import { socketTraits, speak, startVoice, type VoiceRig } from './socket-rig.js'

const NOW = Date.UTC(2026, 10, 23, 12, 3, 4)
const options: EdgeOptions = {
  url: '', clientToken: 'TRUSTED', browserVersion: '143.0.3650.75', voice: 'zh-CN-XiaoxiaoNeural', voices: ['ja|ja-JP-NanamiNeural'], ratePercent: 0, volumePercent: 0, pitchHz: 0
}

/** Ticks of 100 ns since 1601, to five minutes: counted from that date, not from ours. */
function tokenAt (nowMs: number): string {
  const minutes = BigInt(nowMs - Date.UTC(1601, 0, 1)) / 300_000n
  return createHash('sha256').update(`${minutes * 3_000_000_000n}TRUSTED`).digest('hex').toUpperCase()
}

function handshake ({ path, query, headers }: VendorRequest): void {
  assert.equal(path, '/edge/v1')
  assert.deepEqual([...query.keys()].sort(), ['ConnectionId', 'Sec-MS-GEC', 'Sec-MS-GEC-Version', 'TrustedClientToken'])
  assert.deepEqual([query.get('TrustedClientToken'), query.get('Sec-MS-GEC-Version')], ['TRUSTED', '1-143.0.3650.75'])
  assert.match(query.get('ConnectionId')!, /^[0-9a-f]{32}$/)
  if (query.get('Sec-MS-GEC') !== tokenAt(NOW)) throw new Complaint(403, 'Forbidden')
  assert.equal(headers.origin, 'chrome-extension://jdiccldimpdaibmpdkjnbmckianbafold')
  assert.match(headers['user-agent']!, / Chrome\/143\.0\.0\.0 Safari\/537\.36 Edg\/143\.0\.0\.0$/)
  assert.match(headers.cookie!, /^muid=[0-9A-F]{32};$/)
}

function parse (message: string | Buffer): { readonly headers: Readonly<Record<string, string>>, readonly body: string } {
  if (typeof message !== 'string') throw new Complaint(400, 'a binary message')
  const end = message.indexOf('\r\n\r\n')
  return {
    headers: Object.fromEntries(message.slice(0, end).split('\r\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)])),
    body: message.slice(end + 4)
  }
}

async function greet (socket: ScriptedSocket): Promise<void> {
  const { headers, body } = parse(await socket.next())
  assert.deepEqual(headers, {
    'X-Timestamp': 'Mon Nov 23 2026 12:03:04 GMT+0000 (Coordinated Universal Time)', 'Content-Type': 'application/json; charset=utf-8', Path: 'speech.config'
  })
  assert.deepEqual(JSON.parse(body), {
    context: {
      synthesis: {
        audio: {
          metadataoptions: { sentenceBoundaryEnabled: 'false', wordBoundaryEnabled: 'false' }, outputFormat: 'audio-24khz-48kbitrate-mono-mp3'
        }
      }
    }
  })
}

function audio (id: string, bytes: Buffer): Buffer {
  const head = Buffer.from(`X-RequestId:${id}\r\nContent-Type:audio/mpeg\r\nX-StreamId:5\r\nPath:audio\r\n`)
  return Buffer.concat([Buffer.from([head.length >> 8, head.length & 255]), head, bytes])
}

async function session (socket: ScriptedSocket, sound: readonly Buffer[], texts: string[]): Promise<void> {
  const { headers: { 'X-RequestId': id, ...headers }, body } = parse(await socket.next())
  assert.match(id!, /^[0-9a-f]{32}$/)
  assert.deepEqual(headers, {
    'Content-Type': 'application/ssml+xml', 'X-Timestamp': 'Mon Nov 23 2026 12:03:04 GMT+0000 (Coordinated Universal Time)Z', Path: 'ssml'
  })
  texts.push(body)
  await socket.send(`X-RequestId:${id}\r\nContent-Type:application/json; charset=utf-8\r\nPath:turn.start\r\n\r\n{"context":{}}`)
  for (const [index, piece] of sound.entries()) {
    await socket.send(audio(id!, piece))
    if (index === 0) await socket.send(`X-RequestId:${id}\r\nPath:response\r\n\r\n{}`)
  }
  await socket.send(audio('another', mp3Of(5000)))
  await socket.send(audio(id!, Buffer.alloc(0)))
  await socket.send(`X-RequestId:${id}\r\nPath:turn.end\r\n\r\n{}`)
}

/** Pieces of about 720 bytes, as the service sends them. */
function soundOf (samples: number): Buffer[] {
  const file = mp3Of(samples)
  return Array.from({ length: Math.ceil(file.length / 721) }, (_, index) => file.subarray(index * 721, (index + 1) * 721))
}

async function start (t: TestContext, more: Partial<EdgeOptions> = {}): Promise<VoiceRig & { texts: string[] }> {
  const texts: string[] = []
  const speaks = (socket: ScriptedSocket, sound: readonly Buffer[]): Promise<void> => session(socket, sound, texts)
  const script = { handshake, greet, session: speaks, prelude: 1, soundOf }
  const rig = await startVoice(t, script, url => new EdgeProtocol({ ...options, ...more, url: `${url}/edge/v1` }, () => NOW))
  rig.answer(6000)
  return { ...rig, texts }
}

test('Edge conforms', t => ttsConformance(t, start, { ...socketTraits, isLossy: true }))

test('a sentence is SSML in the voice\'s own language, and nothing in it is markup', async t => {
  const { tts, texts, fake } = await start(t, { ratePercent: 10, volumePercent: -5, pitchHz: 3 })
  await speak(tts, { text: 'R&D\u0007 <b>"it\'s"</b>\ud800!' })
  assert.deepEqual(texts, ['<speak version=\'1.0\' xmlns=\'http://www.w3.org/2001/10/synthesis\' xml:lang=\'zh-CN\'>' +
    '<voice name=\'zh-CN-XiaoxiaoNeural\'><prosody pitch=\'+3Hz\' rate=\'+10%\' volume=\'-5%\'>' +
    'R&amp;D  &lt;b&gt;&quot;it&apos;s&quot;&lt;/b&gt; !</prosody></voice></speak>'])
  assert.deepEqual(fake.complaints, [])
})

test('a language that has a voice of its own is spoken by that', async t => {
  const { tts, texts } = await start(t)
  for (const language of ['ja', 'en']) await speak(tts, { language })
  assert.deepEqual(texts.map(text => /xml:lang='(.*?)'><voice name='(.*?)'/.exec(text)!.slice(1)),
    [['ja-JP', 'ja-JP-NanamiNeural'], ['zh-CN', 'zh-CN-XiaoxiaoNeural']])
})

test('the token is what other clients of the service make of the same time', () => {
  assert.equal(edgeToken(NOW, 'TRUSTED'), tokenAt(NOW))
  assert.equal(edgeToken(Date.UTC(2026, 10, 23, 12, 4, 59, 999), 'TRUSTED'), tokenAt(NOW))
  assert.notEqual(edgeToken(Date.UTC(2026, 10, 23, 12, 5), 'TRUSTED'), tokenAt(NOW))
})

/** @param aheadMs by how much our clock is wrong */
async function startWithClock (t: TestContext, aheadMs: number): Promise<{ fake: FakeVendor, tts: SocketVoice }> {
  const theirs = Date.now()
  const fake = await FakeVendor.start(t, {
    handshake: ({ query }) => {
      if (query.get('Sec-MS-GEC') !== edgeToken(theirs, 'TRUSTED')) throw new Complaint(403, 'Forbidden')
    },
    socket: async socket => {
      await socket.next()
      const { headers } = parse(await socket.next())
      await socket.send(audio(headers['X-RequestId']!, mp3Of(1000)))
      await socket.send(`X-RequestId:${headers['X-RequestId']!}\r\nPath:turn.end\r\n\r\n`)
      await socket.gone()
    }
  })
  const tts = new SocketVoice(new EdgeProtocol({ ...options, url: fake.socketUrl }, () => theirs + aheadMs), 0)
  t.after(() => tts.close())
  return { fake, tts }
}

test('where our clock is wrong the service\'s own is believed, from then on', { timeout: 10_000 }, async t => {
  const { fake, tts } = await startWithClock(t, 3_600_000)
  for (let sentence = 0; sentence < 2; sentence++) assert.ok((await speak(tts)).length > 0)
  assert.equal(fake.requests.length, 3)
})

test('where our clock is right a refusal is one', { timeout: 10_000 }, async t => {
  const { fake, tts } = await startWithClock(t, 0)
  fake.fail({ kind: 'status', status: 403 })
  await assert.rejects(speak(tts), { code: 'CHORUS_PROVIDER_REFUSED', args: ['tts/edge', 403, 'as you wish'] })
  assert.equal(fake.requests.length, 1)
})
