import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readRecording } from '../../src/bin/replay/read-recording.js'
import type { Trial } from '../../src/bin/sweep/evaluate.js'
import type { ListenMode } from '../../tools/simulator/types.js'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import { END, FRAME, PLAYS, WINDOW } from '../../workers/voice/recording-format.js'
import { ChorusServer } from '../support/chorus-server.js'
import { clips, loadClip } from '../support/clips.js'

const entry = fileURLToPath(new URL('../../src/bin/replay.js', import.meta.url))
const sweepEntry = fileURLToPath(new URL('../../src/bin/sweep.js', import.meta.url))
const RECORDED = 4

interface Ended { readonly code: number | null, readonly lines: string[], readonly error: string }

const replay = (...args: string[]): Promise<Ended> => run(entry, ...args)

async function run (script: string, ...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let error = ''
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { error += chunk.toString() })
  const code = await new Promise<number | null>(resolve => { child.once('close', resolve) })
  return { code, lines: out.split('\n').filter(line => line !== ''), error }
}

async function makeFolder (t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'chorus-recordings-'))
  t.after(async () => { await rm(folder, { recursive: true, force: true }) })
  return folder
}

async function converse (t: TestContext, server: ChorusServer, mode: ListenMode): Promise<void> {
  const device = new SimulatedDevice({ url: server.url, profile: { audio: 'count' } })
  t.after(() => { device.close() })
  if (mode === 'manual') {
    device.pressToTalk()
    await device.waitForState('listening')
  } else await device.start(mode)
  await device.speak(loadClip(clips.sevenOfClubs))
  if (mode === 'manual') device.release()
  await device.turnDone()
}

test('what was recorded among other conversations is heard again as it was', { timeout: 180_000 }, async t => {
  const folder = await makeFolder(t)
  const server = await ChorusServer.start(t, {
    args: [
      '--record', '--recording.folder', folder, '--recording.sessions', String(RECORDED), '--threads.voice', '1',
      '--llm.provider', 'offline', '--tts.provider', 'flite'
    ]
  })
  const modes: ListenMode[] = ['auto', 'manual', 'realtime', 'auto', 'auto', 'realtime']
  await Promise.all(modes.map(mode => converse(t, server, mode)))
  await server.stop()

  const files = (await readdir(folder)).map(name => join(folder, name))
  assert.equal(files.length, RECORDED, 'as many as were asked for')
  const recordings = files.map(readRecording)
  assert.ok(recordings.every(({ isWhole, entries }) => isWhole && entries.at(-1)!.kind === END))
  assert.ok(recordings.every(({ entries }) => entries.some(({ kind }) => kind === FRAME)))
  assert.ok(recordings.some(({ entries }) => entries.some(({ kind }) => kind === PLAYS)), 'what is compared with an echo is there')
  assert.equal((await stat(files[0]!)).mode & 0o777, 0o600, 'it is voices')

  const same = await replay(...files, '--json')
  assert.equal(same.code, 0, same.lines.join('\n'))
  const comparisons = same.lines.map(line => JSON.parse(line) as { isEqual: boolean, windows: number, endpoints: number })
  assert.deepEqual(comparisons.map(({ isEqual }) => isEqual), files.map(() => true))
  assert.ok(comparisons.every(({ endpoints }) => endpoints >= 1))

  await t.test('a probability of another value is found, and where', async () => {
    const at = comparisons.findIndex(({ windows }) => windows > 20)
    const bytes = await readFile(files[at]!)
    const place = placeOf(bytes, WINDOW, 10)
    bytes.writeFloatLE(bytes.readFloatLE(place) > 0.5 ? 0.01 : 0.99, place)
    const other = await changed(folder, bytes)
    const { code, lines } = await replay(other)
    assert.equal(code, 1)
    assert.match(lines[0]!, /^DIFFERENT .* 1 windows decided otherwise, 0 of other audio; first at 0\.\d+ s: probability/)
  })

  await t.test('another setting ends speech elsewhere', async () => {
    const at = recordings.findIndex(({ entries }) => entries.some(({ kind }) => kind === WINDOW))
    const bytes = await readFile(files[at]!)
    const place = bytes.indexOf('"endSilenceMs":600')
    bytes.write('"endSilenceMs":200', place)
    const { code, lines } = await replay(await changed(folder, bytes))
    assert.equal(code, 1)
    assert.match(lines[0]!, /^DIFFERENT/)
  })

  await t.test('a sweep shows what other silences would have done', async () => {
    const { code, lines } = await run(sweepEntry, ...files, '--end-silence', '200,600', '--json')
    assert.equal(code, 0)
    const [short, long] = lines.map(line => JSON.parse(line) as Trial)
    assert.deepEqual([short!.endSilenceMs, long!.endSilenceMs], [200, 600])
    assert.ok(long!.utterances >= 3 && short!.utterances >= long!.utterances)
    assert.ok(short!.medianMs >= 200 && short!.medianMs < 300, `${short!.medianMs} ms`)
    assert.ok(long!.medianMs >= 600 && long!.medianMs < 700, `${long!.medianMs} ms`)
  })

  await t.test('a file that was cut off is heard as far as it goes; one that is none is refused', async () => {
    const bytes = await readFile(files[0]!)
    const { code } = await replay(await changed(folder, bytes.subarray(0, bytes.length - 100)))
    assert.equal(code, 0)
    const none = await replay(await changed(folder, Buffer.from('RIFF and so on')))
    assert.equal(none.code, 2)
    assert.match(none.error, /is no recording: it does not begin with CHORUSR1/)
  })
})

/** Where the payload of the n-th record of a kind begins. */
function placeOf (bytes: Buffer, kind: number, n: number): number {
  let seen = 0
  for (let at = 12 + bytes.readUInt32LE(8); at < bytes.length; at += 12 + bytes.readUInt32LE(at + 8)) {
    if (bytes.readUInt16LE(at) === kind && ++seen === n) return at + 12
  }
  throw new RangeError('there is no such record')
}

async function changed (folder: string, bytes: Uint8Array): Promise<string> {
  const file = join(folder, 'changed')
  await writeFile(file, bytes)
  return file
}
