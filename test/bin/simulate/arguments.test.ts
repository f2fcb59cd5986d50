import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseArguments } from '../../../src/bin/simulate/arguments.js'
import { mockSettings } from '../../../src/bin/simulate/mock-service.js'
import { loadConfig } from '../../../src/core/config.js'
import { findAsrService } from '../../../src/providers/asr-service.js'

test('without arguments ten devices talk for a minute', () => {
  const options = parseArguments([])
  const { devices, seconds, mode, answerSeconds, pauseSeconds, bargeInShare, maxUnderruns, asr } = options
  assert.deepEqual([devices, seconds, mode, answerSeconds, pauseSeconds], [10, 60, 'auto', 8, 7])
  assert.deepEqual([bargeInShare, maxUnderruns, asr], [0, 0, 'local'])
})

test('settings go to the server, options of the mock to the mock, and the rest stays here', () => {
  const options = parseArguments([
    '--devices', '3', '--threads.voice', '1', '--mock-ai', '--mock.asr-ms', '300', '--wav', 'a.wav', '--gateway.transport=ws', '--mock.wav=v.wav', '--wav=b.wav', '--json'
  ])
  assert.equal(options.devices, 3)
  assert.deepEqual(options.settings, ['--threads.voice', '1', '--gateway.transport=ws'])
  assert.deepEqual(options.mockArguments, ['--asr-ms', '300', '--wav=v.wav'])
  assert.deepEqual(options.wavs, ['a.wav', 'b.wav'])
  assert.deepEqual([options.isJson, options.asr], [true, 'mock'])
})

test('transcripts are compared with what the mock says, or with nothing where that differs', () => {
  const expected = (...args: string[]) => parseArguments(['--mock-ai', ...args]).mockTranscript
  assert.equal(expected(), 'Can you hear me over there?')
  assert.equal(expected('--mock.transcript', 'Hello!'), 'Hello!')
  assert.equal(expected('--mock.transcript=Hello!'), 'Hello!')
  assert.equal(expected('--mock.transcript', 'Hello!', '--mock.transcript-table', 'table.json'), undefined)
})

test('a server that recognises by itself asks no service, unless the user says so', () => {
  const find = (...settings: string[]) => {
    const argv = [...mockSettings('http://127.0.0.1:9/v1', 'local'), ...settings]
    return findAsrService(loadConfig({ argv, env: { CHORUS_ASR_OPENAI_API_KEY: 'k', CHORUS_ASR_PROVIDER: 'openai', CHORUS_ASR_OPENAI_BASE_URL: 'https://paid.example/v1' } }).config)
  }
  assert.equal(find(), undefined)
  assert.equal(find('--asr.openai.baseUrl', 'http://127.0.0.1:8/v1')?.description, 'whisper-1 at http://127.0.0.1:8/v1')
})

test('what is wrong with a call is said in words', () => {
  const calls: readonly (readonly [string[], RegExp])[] = [
    [['--devices', 'many'], /--devices is a whole number from 1 to 1000000, not "many"/],
    [['--devices', '1.5'], /whole number/],
    [['--devices', '0'], /from 1 to/],
    [['--seconds', ''], /--seconds is a number/],
    [['--barge-in', '2'], /--barge-in is a number from 0 to 1/],
    [['--devices', '2', '--decode', '3'], /--decode is a whole number from 0 to 2/],
    [['--mode', 'loud'], /auto, manual or realtime, not "loud"/],
    [['--colour'], /Unknown option '--colour'/],
    [['--url', 'localhost'], /begins with ws:\/\//],
    [['--url', 'ws://a/', '--mock-ai'], /cannot point a server at itself that runs already/],
    [['--url', 'ws://a/', '--threads.voice', '1'], /--threads\.voice is a setting of the server/],
    [['--url', 'ws://a/', '--data', 'data'], /--data is for a server that is started here/],
    [['--url', 'ws://a/', '--health', 'a/healthz'], /--health begins with http/],
    [['--health', 'http://a/healthz'], /--health goes with --url/],
    [['--mock.asr-ms', '1'], /--mock\.asr-ms needs --mock-ai/],
    [['--mock-ai', '--mock.key', 'k'], /--mock\.key cannot be given/],
    [['--mock-ai', '--mock.port=9100'], /--mock\.port cannot be given/],
    [['--mock-ai', '--mock.answer-s', '4'], /--mock\.answer-s cannot be given: give --answer-s/],
    [['--asr', 'mock'], /--asr mock needs --mock-ai/],
    [['--asr', 'remote', '--mock-ai'], /--asr is local or mock, not "remote"/],
    [['--threads.voices', '1'], /did you mean "--threads\.voice"/],
    [['--threads.voice'], /threads\.voice/]
  ]
  for (const [args, message] of calls) assert.throws(() => parseArguments(args), { name: 'UsageError', message }, args.join(' '))
})
