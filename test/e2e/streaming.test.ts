import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { findStreamingFiles } from '../../native-bindings/streaming-files.js'
import { StreamingRecogniser } from '../../native-bindings/streaming-recogniser.js'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import { ChorusServer, type LogLine } from '../support/chorus-server.js'
import { clips, loadClip } from '../support/clips.js'
import { writeToneModel } from '../support/streaming/tone-models.js'
import { concatenate, silence, toFloats } from '../support/streaming/tones.js'

// The model is generated and writes down how high a voice is, not what it says; everything else is
// as with a real one. "not tried with real weights": they cannot be fetched here.
const MODEL = 'tones'

interface Streaming { readonly results: number, readonly partials: number, readonly damaged: number }

test('words are known while people speak, and each is told their own at the end', { timeout: 60_000 }, async t => {
  const data = makeData(t)
  const server = await startServer(t, data, [])
  assert.equal((server.lines.find(line => line.event === 'ready')!['nice'] as Record<string, number>)['streaming'], 10)
  const said = [clips.chieftain, clips.sevenOfClubs]
  const heard = await Promise.all(said.map(async clip => await speak(t, server.url, loadClip(clip))))
  for (const [at, clip] of said.entries()) {
    // The same speech as a whole: the codec and where its edges are cut change a little.
    const whole = await recogniseWhole(join(data, 'models', MODEL), loadClip(clip))
    assert.equal(heard[at]!.length, 1)
    assert.ok(sharedShare(words(heard[at]![0]!), words(whole)) > 0.7, `"${heard[at]![0]}" and "${whole}"`)
    const lines = linesOf(server, heard[at]![0]!)
    assert.equal(lines.at(-1)!.msg, 'question')
    const partials = lines.slice(0, -1).map(textOf)
    assert.ok(partials.length > 0, 'nothing was known before the end')
    for (const partial of partials) assert.ok(heard[at]![0]!.startsWith(partial), `"${partial}" and "${heard[at]![0]}"`)
  }
  const { streaming, pages } = await figures(server)
  assert.deepEqual([streaming.results, streaming.damaged, pages], [2, 0, 0])
})

test('without room for an utterance the device hears an apology, and it is counted', { timeout: 60_000 }, async t => {
  const data = makeData(t)
  const server = await startServer(t, data, ['--asr.streaming.maxStreams', '1'])
  const said = await Promise.all([1, 2].map(async () => await speak(t, server.url, loadClip(clips.chieftain))))
  assert.equal(said.flat().length, 1, 'one was understood')
  const { streaming } = await figures(server)
  assert.deepEqual([streaming.results, streaming.damaged], [2, 1])
  assert.ok(server.lines.some(line => JSON.stringify(line).includes('CHORUS_STREAMING_BUSY')))
})

function makeData (t: TestContext): string {
  const data = mkdtempSync(join(tmpdir(), 'chorus-streaming-'))
  t.after(() => { rmSync(data, { recursive: true, force: true }) })
  writeToneModel(join(data, 'models', MODEL), 'zipformer2-transducer')
  return data
}

async function startServer (t: TestContext, data: string, args: readonly string[]): Promise<ChorusServer> {
  return await ChorusServer.start(t, {
    data, args: ['--asr.provider', 'streaming', '--asr.streaming.model', MODEL, '--log.level', 'trace', '--hearing.agreedSilenceMs', '600', ...args]
  })
}

async function speak (t: TestContext, url: string, samples: Int16Array): Promise<string[]> {
  const device = new SimulatedDevice({ url, profile: { aec: 'device', audio: 'count' } })
  t.after(() => { device.close() })
  const texts: string[] = []
  device.on('message', (message, direction) => {
    if (direction === 'in' && message['type'] === 'stt') texts.push(String(message['text']))
  })
  await device.start('realtime')
  await device.speak(concatenate([silence(500), samples, silence(1500)]))
  device.close()
  return texts
}

const textOf = (line: LogLine): string => String(line['pii.text'])

/** What the log says of the words of the session that asked this, in order. */
function linesOf (server: ChorusServer, question: string): LogLine[] {
  const told = server.lines.filter(({ msg }) => msg === 'partial words' || msg === 'question')
  const session = told.find(line => line.msg === 'question' && textOf(line) === question)?.['session']
  return told.filter(line => line['session'] === session)
}

async function recogniseWhole (folder: string, samples: Int16Array): Promise<string> {
  const recogniser = new StreamingRecogniser(await findStreamingFiles(folder), { threads: 1, ruleSilenceMs: 200 })
  const utterance = recogniser.open()
  utterance.accept(toFloats(samples))
  utterance.finish()
  while (utterance.isReady) recogniser.decode([utterance])
  return utterance.text
}

async function figures (server: ChorusServer): Promise<{ readonly streaming: Streaming, readonly pages: number }> {
  return await server.health() as unknown as { readonly streaming: Streaming, readonly pages: number }
}

const words = (text: string): string[] => text.split(' ')

/** How much of `expected` is in `heard`, in the same order: the longest common subsequence. */
function sharedShare (heard: readonly string[], expected: readonly string[]): number {
  let row = new Array<number>(expected.length + 1).fill(0)
  for (const word of heard) {
    const next = [0]
    for (let at = 0; at < expected.length; at++) next.push(word === expected[at] ? row[at]! + 1 : Math.max(next[at]!, row[at + 1]!))
    row = next
  }
  return row.at(-1)! / Math.max(heard.length, expected.length)
}
