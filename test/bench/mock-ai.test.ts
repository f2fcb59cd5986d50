import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import CodecParser from 'codec-parser'
import OpenAI, { toFile } from 'openai'
import { oggOpusPages, oggOpusSeconds } from '../../bench/mock-ai/ogg.js'
import { parseOptions } from '../../bench/mock-ai/options.js'
import { clips, fixturePath } from '../support/clips.js'
import { formatWav, parseWav } from '../support/wav.js'
import { QUICK, startMock } from './mock-process.js'

const seven = (): Promise<Buffer> => readFile(fixturePath(clips.sevenOfClubs.file))
const question = [{ role: 'user', content: 'How are you?' }] as const

function connect (baseURL: string, apiKey = 'any'): OpenAI {
  return new OpenAI({ baseURL, apiKey, maxRetries: 0 })
}

test('the official client chats, speaks and transcribes', async t => {
  const { baseUrl } = await startMock(t, [...QUICK, '--answer-s', '4', '--transcript', 'Hear, hear.'])
  const client = connect(baseUrl)

  const models = await client.models.list()
  assert.deepEqual(models.data.map(model => model.id), ['mock-chat', 'mock-speech', 'mock-transcribe'])

  const whole = await client.chat.completions.create({ model: 'mock-chat', messages: [...question] })
  let text = ''
  let usage = 0
  const stream = await client.chat.completions.create({
    model: 'mock-chat', messages: [...question], stream: true, stream_options: { include_usage: true }
  })
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    usage += chunk.usage?.completion_tokens ?? 0
  }
  assert.equal(text, whole.choices[0]!.message.content)
  assert.equal(usage, whole.usage!.completion_tokens)

  const file = await toFile(await seven(), 'seven.wav', { type: 'audio/wav' })
  assert.equal((await client.audio.transcriptions.create({ model: 'mock-transcribe', file })).text, 'Hear, hear.')
  const detailed = await client.audio.transcriptions.create({ model: 'mock-transcribe', file, response_format: 'verbose_json' })
  assert.equal(Number(detailed.duration).toFixed(2), '1.54')
  assert.equal(await client.audio.transcriptions.create({ model: 'mock-transcribe', file, response_format: 'text' }), 'Hear, hear.\n')
})

test('the sentences of an answer last as long as was asked for, however it is cut', async t => {
  const { baseUrl } = await startMock(t, [...QUICK, '--answer-s', '4'])
  const client = connect(baseUrl)
  const speak = async (input: string): Promise<Buffer> => {
    const response = await client.audio.speech.create({ model: 'mock-speech', voice: 'alloy', input, response_format: 'pcm' })
    return Buffer.from(await response.arrayBuffer())
  }
  const text = (await client.chat.completions.create({ model: 'mock-chat', messages: [...question] })).choices[0]!.message.content!
  const parts = await Promise.all(text.split(/(?<=[.,]) /).map(speak))
  assert.ok(parts.length > 2)
  const seconds = parts.reduce((sum, part) => sum + part.length, 0) / 48_000
  assert.ok(Math.abs(seconds - 4) <= 0.02 * parts.length, `${seconds} s`)
  const samples = new Int16Array(parts[0]!.buffer, parts[0]!.byteOffset, parts[0]!.length / 2)
  assert.ok(samples.some(sample => Math.abs(sample) > 1000), 'that is silence')
})

test('a tool that is offered is called first, and only once for a question', async t => {
  const client = connect((await startMock(t, [...QUICK, '--answer-s', '4', '--tool-call', 'lamp {"on": true}'])).baseUrl)
  const tools = [{ type: 'function' as const, function: { name: 'lamp', parameters: { type: 'object' } } }]
  const stream = client.chat.completions.stream({ model: 'mock-chat', messages: [...question], tools })
  const { message, finish_reason: reason } = (await stream.finalChatCompletion()).choices[0]!
  assert.equal(reason, 'tool_calls')
  const call = message.tool_calls![0]!
  assert.deepEqual(call.function, { name: 'lamp', arguments: '{"on":true}' })
  const messages = [...question, message, { role: 'tool' as const, tool_call_id: call.id, content: 'on' }]
  assert.match((await client.chat.completions.stream({ model: 'mock-chat', messages, tools }).finalContent())!, /^That is a good question/)
  assert.match((await client.chat.completions.stream({ model: 'mock-chat', messages: [...question] }).finalContent())!, /^That is/)
  assert.throws(() => parseOptions(['--tool-call', 'lamp']), /--tool-call is a name and its arguments/)
})

test('speech is the same length as PCM, as a WAV file and as Ogg Opus', async t => {
  const { baseUrl } = await startMock(t, [...QUICK, '--answer-s', '20'])
  const speak = async (format: 'pcm' | 'wav' | 'opus'): Promise<Buffer> => {
    const input = 'That is a good question, and I am happy to answer it.'
    const response = await connect(baseUrl).audio.speech.create({ model: 'mock-speech', voice: 'alloy', input, response_format: format })
    return Buffer.from(await response.arrayBuffer())
  }
  const [pcm, wav, opus] = [await speak('pcm'), parseWav(await speak('wav')), await speak('opus')]
  assert.equal(wav.sampleRate, 24_000)
  assert.equal(wav.samples.length, pcm.length / 2)
  assert.equal(oggOpusSeconds(opus), pcm.length / 48_000)
})

test('an Ogg file of ours is read by a parser that is not ours, checksums included', () => {
  const packets = Array.from({ length: 23 }, (_, index) => {
    return Uint8Array.from({ length: 40 + 30 * index }, (_, at) => at === 0 ? 0x48 : at + index)
  })
  const file = Buffer.concat(oggOpusPages(packets, { pageMs: 100, rateHz: 24_000, heardMs: 450 }))
  const parser = new CodecParser('application/ogg', { enableFrameCRC32: true })
  const pages = parser.parseAll(file) as readonly { readonly codecFrames?: readonly { readonly data: Uint8Array }[] }[]
  const frames = pages.flatMap(page => page.codecFrames ?? [])
  assert.deepEqual(frames.map(frame => Buffer.from(frame.data)), packets.map(packet => Buffer.from(packet)))
  assert.equal(oggOpusSeconds(file), 0.45)
  assert.equal(oggOpusSeconds(file.subarray(0, file.length - 1)), undefined)
  assert.equal(oggOpusSeconds(Buffer.from('OggS')), undefined)
})

test('Ogg Opus is transcribed, by the table for its length or by what the prompt says', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'mock-ai-'))
  t.after(() => rm(folder, { recursive: true }))
  const table = join(folder, 'table.json')
  await writeFile(table, JSON.stringify([{ upToSeconds: 2, text: 'two' }, { upToSeconds: 1, text: 'one' }]))
  const client = connect((await startMock(t, [...QUICK, '--transcript-table', table, '--transcript', 'long'])).baseUrl)
  const transcribe = async (seconds: number, prompt?: string): Promise<string> => {
    const packets = Array.from({ length: seconds * 50 }, () => Uint8Array.of(0x48, 1, 2, 3))
    const file = await toFile(Buffer.concat(oggOpusPages(packets, { pageMs: 100, rateHz: 16_000, heardMs: 1000 * seconds - 20 })), 'speech.ogg')
    return (await client.audio.transcriptions.create({ model: 'm', file, language: 'en', ...(prompt === undefined ? {} : { prompt }) })).text
  }
  assert.deepEqual([await transcribe(0.5), await transcribe(1.5), await transcribe(3)], ['one', 'two', 'long'])
  assert.equal(await transcribe(3, 'transcript: as you wish'), 'as you wish')
})

test('a list may have several values', async t => {
  const client = connect((await startMock(t, [...QUICK, '--transcript', 'Hello!'])).baseUrl)
  const file = await toFile(formatWav(new Int16Array(16_000), 16_000), 'a.wav')
  const request = { model: 'm', file, response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] } as const
  assert.equal((await client.audio.transcriptions.create({ ...request, timestamp_granularities: [...request.timestamp_granularities] })).text, 'Hello!')
})

test('what the real service refuses is refused in its words', async t => {
  const { baseUrl } = await startMock(t, [...QUICK, '--key', 'right'])
  const client = connect(baseUrl, 'right')
  const messages = [...question]
  const tooShort = await toFile(formatWav(new Int16Array(100), 16_000), 'a.wav')
  const noAudio = await toFile(Buffer.from('not audio'), 'a.wav')
  const speech = { model: 'm', voice: 'v', input: 'hello' } as const
  const tooLong = 'x'.repeat(4097)
  const calls: readonly (readonly [() => Promise<unknown>, number, RegExp])[] = [
    [async () => await connect(baseUrl, 'wrong').models.list(), 401, /Incorrect API key/],
    [async () => await client.get('/nothing'), 404, /Invalid URL \(GET \/v1\/nothing\)/],
    [async () => await client.delete('/models'), 405, /Not allowed to DELETE/],
    [async () => await client.post('/chat/completions', { body: { model: 'm' } }), 400, /you must provide a messages parameter/],
    [async () => await client.post('/chat/completions', { body: { model: 'm', messages, tempo: 1 } }), 400, /Unrecognized request argument supplied: tempo/],
    [async () => await client.chat.completions.create({ model: 'm', messages, temperature: 3 }), 400, /Invalid value for 'temperature': 3/],
    [async () => await client.chat.completions.create({ model: 'm', messages: [] }), 400, /Invalid value for 'messages'/],
    [async () => await client.audio.speech.create(speech), 400, /pcm, wav and opus, not mp3/],
    [async () => await client.audio.speech.create({ ...speech, input: tooLong, response_format: 'pcm' }), 400, /Invalid value for 'input'/],
    [async () => await client.audio.transcriptions.create({ model: 'm', file: tooShort }), 400, /Audio file is too short/],
    [async () => await client.audio.transcriptions.create({ model: 'm', file: noAudio }), 400, /Invalid file format/],
    [async () => await client.audio.transcriptions.create({ model: 'm', file: tooShort, response_format: 'srt' }), 400, /Invalid value for 'response_format'/],
    [async () => await client.post('/audio/transcriptions', { body: { model: 'm' } }), 400, /multipart\/form-data is expected/],
    [async () => await client.post('/audio/transcriptions', { body: Buffer.from('--y'), headers: { 'content-type': 'multipart/form-data; boundary=x' } }), 400, /Could not parse multipart form: it does not begin/]
  ]
  for (const [call, status, message] of calls) {
    await assert.rejects(call(), (error: InstanceType<typeof OpenAI.APIError>) => {
      assert.deepEqual([error.status, message.test(error.message)], [status, true], error.message)
      return true
    })
  }
})

test('a share of requests fails, another gets no answer, and both are counted', async t => {
  const { baseUrl } = await startMock(t, [...QUICK, '--fail-share', '0.5', '--hang-share', '0.25'])
  const client = connect(baseUrl)
  const outcomes: string[] = []
  for (let at = 0; at < 8; at++) {
    // Only who waits for nothing gives up.
    const call = client.chat.completions.create({ model: 'm', messages: [...question] }, { timeout: at % 4 === 3 ? 100 : 60_000 })
    outcomes.push(await call.then(() => 'good', (error: unknown) => error instanceof OpenAI.InternalServerError ? 'failed' : (error as Error).name))
  }
  assert.deepEqual(outcomes, ['good', 'failed', 'good', 'Error', 'failed', 'good', 'failed', 'Error'])
  const stats = await (await fetch(baseUrl.replace('/v1', '/stats'))).json() as Record<string, number>
  assert.deepEqual([stats['chats'], stats['refused'], stats['hung']], [8, 3, 2])
})

test('latencies are what was set: nothing comes earlier', async t => {
  const latencies = ['--asr-ms', '80', '--first-token-ms', '120', '--token-ms', '5', '--first-audio-ms', '90']
  const { baseUrl } = await startMock(t, [...latencies, '--answer-s', '1', '--speech-rate', '10'])
  const client = connect(baseUrl)
  const since = async (work: () => Promise<void>): Promise<number> => {
    const beganMs = performance.now()
    await work()
    return performance.now() - beganMs + 1 // timers of the other process are whole milliseconds
  }
  const file = await toFile(await seven(), 'seven.wav')
  assert.ok(await since(async () => { await client.audio.transcriptions.create({ model: 'm', file }) }) >= 80)
  assert.ok(await since(async () => {
    const stream = await client.chat.completions.create({ model: 'm', messages: [...question], stream: true })
    for await (const chunk of stream) if (chunk.choices[0]!.delta.content !== undefined) return
  }) >= 120)
  const input = 'That is a good question, and I am happy to answer it.'
  const speak = async (): Promise<Response> => await client.audio.speech.create({ model: 'm', voice: 'v', input, response_format: 'pcm' })
  assert.ok(await since(async () => { await speak() }) >= 90)
  assert.ok(await since(async () => { await (await speak()).arrayBuffer() }) >= 90 + 80)
})

test('it ends in order when told to, and a wrong call says what is wrong', async t => {
  const { stop } = await startMock(t)
  assert.equal(await stop(), 0)
  const calls: readonly (readonly [string[], RegExp])[] = [
    [['--port', 'x'], /--port is a number from 0 to 65535, not "x"/],
    [['--port', '1.5'], /--port is a whole number/],
    [['--fail-share', '2'], /--fail-share is a number from 0 to 1/],
    [['--colour'], /Unknown option/],
    [['--transcript-table', '/nowhere.json'], /cannot read \/nowhere\.json/]
  ]
  for (const [args, message] of calls) assert.throws(() => parseOptions(args), { name: 'OptionError', message })
  const script = fileURLToPath(new URL('../../bench/mock-ai.js', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, [script, '--wav', '/nowhere.wav'], { encoding: 'utf8' })
  assert.deepEqual([status, stderr], [2, 'mock-ai: there is no file /nowhere.wav\n'])
})
