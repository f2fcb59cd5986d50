import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

import { runDemo, type DemoEnvironment } from '../../../src/bin/demo/run-demo.js'
import { clips, fixturePath } from '../../support/clips.js'
import { formatWav, parseWav } from '../../support/wav.js'
import { openVoiceServer } from './scripted-voice-server.js'

interface Sandbox { readonly folder: string, readonly environment: DemoEnvironment, out (): string, error (): string }

const serverScript = fileURLToPath(new URL('./scripted-serve.js', import.meta.url))
const seven = fixturePath(clips.sevenOfClubs.file)

async function makeSandbox (t: TestContext): Promise<Sandbox> {
  const folder = await mkdtemp(path.join(tmpdir(), 'demo-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const out: string[] = []
  const error: string[] = []
  const environment = {
    out: { write: (text: string) => out.push(text) },
    error: { write: (text: string) => error.push(text) },
    signal: new AbortController().signal,
    serverScript
  }
  return { folder, environment, out: () => out.join(''), error: () => error.join('') }
}

test('a clip is spoken to a server of our own and the reply is written as the device played it', async t => {
  const { folder, environment, out, error } = await makeSandbox(t)
  const reply = path.join(folder, 'reply.wav')
  const code = await runDemo(['--wav', seven, '--out', reply], environment)
  assert.equal(code, 0, error())
  for (const words of ['loading nothing at all', 'ready in', 'listening', 'something', 'A tone for you.', 'transcript (stt)', 'tts stop', 'underruns']) {
    assert.ok(out().includes(words), `"${words}" is missing in:\n${out()}`)
  }
  assert.ok(!out().includes('\x1b'), 'no colours where there is no terminal')
  const { samples, sampleRate } = parseWav(await readFile(reply))
  assert.equal(sampleRate, 24000)
  assert.ok(samples.length >= 8 * 1440)
})

test('a text gets its answer as JSON lines', async t => {
  const { folder, environment, out } = await makeSandbox(t)
  const code = await runDemo(['--text', 'who is there?', '--json', '--out', path.join(folder, 'reply.wav')], environment)
  const lines = out().trim().split('\n').map(line => JSON.parse(line) as Record<string, unknown>)
  assert.equal(code, 0)
  const turn = lines.find(line => line['event'] === 'turn')!['figures'] as Record<string, unknown>
  assert.equal(turn['heard'], 'who is there?')
  assert.equal(turn['frames'], 8)
  assert.equal(turn['reply'], 'A tone for you.')
})

test('a button is held in manual mode', async t => {
  const { folder, environment, error } = await makeSandbox(t)
  const code = await runDemo(['--wav', seven, '--mode', 'manual', '--out', path.join(folder, 'reply.wav')], environment)
  assert.equal(code, 0, error())
})

test('a server that says nothing is a failure', async t => {
  const { folder, environment, error } = await makeSandbox(t)
  const { server, port } = await openVoiceServer({ replyFrames: 0 })
  t.after(() => { server.close() })
  const code = await runDemo(['--text', 'hm', '--url', `ws://127.0.0.1:${port}/`, '--out', path.join(folder, 'reply.wav')], environment)
  assert.equal(code, 1)
  assert.match(error(), /no reply was heard/)
  for (const client of server.clients) client.terminate()
})

test('nobody at the address is a failure that says so', async t => {
  const { folder, environment, error } = await makeSandbox(t)
  const { server, port } = await openVoiceServer({ replyFrames: 0 })
  await new Promise(resolve => { server.close(resolve) })
  const code = await runDemo(['--text', 'hm', '--url', `ws://127.0.0.1:${port}/`, '--out', path.join(folder, 'reply.wav')], environment)
  assert.equal(code, 1)
  assert.match(error(), /ECONNREFUSED/)
})

test('a server that cannot start is quoted', async t => {
  const { environment, error } = await makeSandbox(t)
  const code = await runDemo(['--text', 'hm'], { ...environment, serverScript: '/nowhere/serve.js' })
  assert.equal(code, 1)
  assert.match(error(), /ended while it started/)
  assert.match(error(), /Cannot find module/)
})

test('a wrong call is explained and starts nothing', async t => {
  const { folder, environment, error } = await makeSandbox(t)
  const write = async (name: string, bytes: Buffer): Promise<string> => {
    const file = path.join(folder, name)
    await writeFile(file, bytes)
    return file
  }
  const odd = await write('odd.wav', formatWav(new Int16Array(100), 22050))
  const empty = await write('empty.wav', formatWav(new Int16Array(0), 16000))
  const text = await write('text.wav', Buffer.from('not a sound'))
  const calls: readonly (readonly [string[], RegExp])[] = [
    [['--wav', path.join(folder, 'gone.wav')], /there is no file .*gone\.wav/],
    [['--wav', odd], /has 22050 Hz; use one of 8000, 16000/],
    [['--wav', empty], /is empty/],
    [['--wav', text], /is not a WAV file/],
    [['--wav', folder], /cannot read .* \(EISDIR\)/],
    [['--mode', 'loud'], /auto, manual or realtime, not "loud"/],
    [['--url', 'localhost:8000'], /begins with ws:\/\//],
    [['--text', ' '], /--text is empty/],
    [['--colour'], /Unknown option '--colour'/]
  ]
  for (const [args, message] of calls) {
    assert.equal(await runDemo(args, environment), 2, args.join(' '))
    assert.match(error(), message)
  }
})
