import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { loadOpus } from '../../native-bindings/opus.js'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import { ChorusServer } from '../support/chorus-server.js'
import { clips, loadClip } from '../support/clips.js'
import { FakeOpenAi, type RecordedRequest, type WireFault } from '../support/fake-openai.js'
import type { UploadedFile } from '../support/multipart.js'
import { decodeOggOpus } from '../support/ogg-opus.js'
import { loadTranscriber } from '../support/transcribe.js'
import { parseWav } from '../support/wav.js'
import { countWordErrors } from '../support/word-error-rate.js'

const APOLOGY = 'Sorry, something went wrong. Please try again.'
const options = { timeout: 110_000 }

interface Rig { readonly service: FakeOpenAi, readonly server: ChorusServer }

async function start (t: TestContext, ...args: string[]): Promise<Rig> {
  const service = await FakeOpenAi.start(t)
  service.transcription = () => ({ chunks: ['{"text":"Repeat a distant word"}'] })
  const server = await ChorusServer.start(t, {
    args: ['--asr.provider', 'openai', '--asr.openai.baseUrl', service.baseUrl, '--llm.provider', 'offline', '--tts.provider', 'flite', ...args],
    env: { CHORUS_ASR_OPENAI_API_KEY: service.apiKey }
  })
  return { service, server }
}

function connect (t: TestContext, server: ChorusServer, headers: Readonly<Record<string, string>> = {}): SimulatedDevice {
  const device = new SimulatedDevice({ url: server.url, headers, profile: { audio: 'count' } })
  t.after(() => { device.close() })
  return device
}

/** The next utterance that the service is asked about; `nextRequest` would tell of warming, too. */
async function nextUpload (service: FakeOpenAi): Promise<RecordedRequest> {
  for (;;) {
    const request = await service.nextRequest()
    if (request.path === '/v1/audio/transcriptions') return request
  }
}

/** Push to talk: the press, the words, the release. */
async function ask (device: SimulatedDevice): Promise<void> {
  device.pressToTalk()
  await device.waitForState('listening')
  await device.speak(loadClip(clips.sevenOfClubs))
  device.release()
  await device.waitForState('idle')
}

/** Pages go back a moment after the request has ended; asks until there are none. */
async function settledPages (server: ChorusServer): Promise<number> {
  const deadline = performance.now() + 5000
  for (;;) {
    const { pages = -1 } = await server.health()
    if (pages === 0 || performance.now() > deadline) return pages
    await delay(20)
  }
}

const uploads = ({ requests }: FakeOpenAi): readonly RecordedRequest[] => requests.filter(({ path }) => path === '/v1/audio/transcriptions')

// Most of the time is spent speaking at the pace of speech.
describe('remote recognition', { concurrency: true }, () => {
  test('a service recognises, and is left when nobody waits for it', options, async t => {
    const { service, server } = await start(t, '--asr.service.language', 'device')
    await t.test('a device speaks, and the words of the service are answered', options, async t => {
      const device = connect(t, server, { 'Accept-Language': 'de-DE' })
      await device.start('auto')
      await device.speak(loadClip(clips.sevenOfClubs))
      const turn = await device.turnDone()
      assert.equal(turn.sttText, 'Repeat a distant word')
      const [{ body } = assert.fail('nothing was sent'), ...others] = uploads(service)
      assert.equal(others.length, 0)
      assert.deepEqual([body['model'], body['response_format'], body['language']], ['whisper-1', 'json', 'de'])
      const { sampleRate, samples } = parseWav((body['file'] as UploadedFile).bytes)
      const heard = (await loadTranscriber())(samples, sampleRate)
      assert.match(heard, /seven/i)
      assert.equal(await settledPages(server), 0)
      // One inference thread is left, for the voices.
      const { threads } = await server.ready() as unknown as { threads: { inference: number } }
      assert.equal(threads.inference, 1)
    })
    await t.test('a device that hangs up while the service thinks ends the request, and its pages go back', options, async t => {
      service.fail({ kind: 'hang-before-headers' })
      const device = connect(t, server)
      await device.start('auto')
      const arrived = nextUpload(service)
      await device.speak(loadClip(clips.sevenOfClubs))
      const request = await arrived
      assert.ok((await server.health())['pages']! > 0)
      device.close()
      assert.equal(await request.outcome, 'aborted')
      assert.equal(await settledPages(server), 0)
    })
    await t.test('a button pressed again while the service thinks ends the request, and the new question is answered', options, async t => {
      service.fail({ kind: 'hang-before-headers' })
      const device = connect(t, server)
      const arrived = nextUpload(service)
      await ask(device)
      const request = await arrived
      const asked = ask(device)
      assert.equal(await request.outcome, 'aborted')
      await asked
      const turn = await device.turnDone()
      assert.equal(turn.sttText, 'Repeat a distant word')
      assert.deepEqual(turn.sentences.map(({ text }) => text).filter(text => text === APOLOGY), [])
      assert.equal(await settledPages(server), 0)
    })
    await t.test('a stop does not wait for the service', options, async t => {
      service.fail({ kind: 'hang-before-headers' })
      const arrived = nextUpload(service)
      await ask(connect(t, server))
      const request = await arrived
      await server.stop()
      assert.equal(await request.outcome, 'aborted')
      assert.equal((await server.exited).code, 0)
    })
  })

  test('as Opus, the words are still there', options, async t => {
    const { service, server } = await start(t, '--asr.service.format', 'opus')
    const device = connect(t, server)
    await device.start('auto')
    await device.speak(loadClip(clips.chieftain))
    const turn = await device.turnDone()
    assert.equal(turn.sttText, 'Repeat a distant word')
    const { name, bytes } = uploads(service)[0]!.body['file'] as UploadedFile
    assert.equal(name, 'speech.ogg')
    const heard = (await loadTranscriber())(decodeOggOpus(bytes, loadOpus('auto')), 16_000)
    assert.ok(countWordErrors(clips.chieftain.text, heard).rate <= 0.2, `heard "${heard}"`)
    assert.equal(await settledPages(server), 0)
  })

  test('a service that fails is apologised for without a word of it in the log, and the next turn works', options, async t => {
    const { service, server } = await start(t)
    const faults: readonly WireFault[] = [
      { kind: 'status', status: 401 },
      { kind: 'rubbish', contentType: 'application/json', body: '{"text":"a secret w' }
    ]
    const device = connect(t, server)
    await device.start('auto')
    for (const fault of faults) {
      service.fail(fault)
      await device.speak(loadClip(clips.sevenOfClubs))
      const failed = await device.turnDone()
      assert.equal(failed.sttText, null)
      assert.equal(failed.sentences.at(-1)?.text, APOLOGY)
      await device.speak(loadClip(clips.sevenOfClubs))
      assert.equal((await device.turnDone()).sttText, 'Repeat a distant word')
    }
    const failures = server.lines.filter(({ msg }) => msg === 'an utterance was not recognised')
    assert.equal(failures.length, faults.length)
    assert.doesNotMatch(JSON.stringify(server.lines), /secret|distant|sk-fake/)
    assert.equal(await settledPages(server), 0)
  })

  test('OpenAI itself without a key stops the start with what to set', options, async t => {
    const data = await mkdtemp(join(tmpdir(), 'chorus-test-'))
    t.after(() => rm(data, { recursive: true, force: true }))
    const server = new ChorusServer(data, { args: ['--asr.provider', 'openai'] })
    assert.equal((await server.exited).code, 1)
    assert.match(server.lines.find(({ event }) => event === 'failed')?.msg ?? '', /^asr\.openai\.apiKey: .*OPENAI_API_KEY/)
  })
})
