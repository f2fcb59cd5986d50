import { parseArgs } from 'node:util'

import type { ListenMode } from '../../../tools/simulator/types.js'
import { readCommandLine } from '../../core/config-layers.js'
import { configLeaves } from '../../core/config-leaves.js'
import { ChorusError } from '../../core/errors.js'
import { UsageError } from '../shared/usage-error.js'

export interface SimulateOptions {
  readonly devices: number
  readonly seconds: number
  /** Empty: the clips of ours. */
  readonly wavs: readonly string[]
  readonly mode: ListenMode
  readonly speechSeconds: number | undefined
  readonly answerSeconds: number
  readonly pauseSeconds: number
  readonly bargeInShare: number
  /** Undefined: a hundred devices a second. */
  readonly rampSeconds: number | undefined
  readonly seed: number
  /** So many devices decode what they hear, and keep it. */
  readonly decode: number
  readonly out: string
  readonly transport: 'ws' | 'mqtt'
  readonly url: string | undefined
  readonly healthUrl: string | undefined
  readonly token: string
  readonly mockAi: boolean
  readonly asr: 'local' | 'mock'
  /** Options of the mock service, as flags. */
  readonly mockArguments: readonly string[]
  /** What the mock understands of every question; undefined: not always the same. */
  readonly mockTranscript: string | undefined
  /** Settings of the server, as flags. */
  readonly settings: readonly string[]
  readonly data: string | undefined
  readonly maxUnderruns: number
  readonly isJson: boolean
  readonly help: boolean
}

export const usage = `usage: npm run simulate -- [options] [settings of the server]

  --devices N        devices (10)
  --seconds S        for how long they begin turns; those under way are finished (60)
  --wav FILE         what is said, 16-bit mono PCM; several times: the devices take turns.
                     FILE.txt beside it holds the words that it should be understood as
  --mode MODE        auto (default), manual (push to talk) or realtime
  --speech-s S       trim or repeat the clips to about this length
  --answer-s S       how long answers are expected to be, and with --mock-ai are (8)
  --pause-s S        what follows the answer until the next question (7)
  --barge-in P       share of answers that are interrupted (0)
  --ramp-s S         time in which the devices connect; by default 100 of them a second
  --seed N           of the order and of the interruptions (1)
  --decode K         K devices decode what they play and keep it, as WAV files in --out
  --out DIR          where to (simulated)
  --transport T      ws (default), or mqtt for MQTT and UDP
  --url ws://..      a server that runs already (or mqtt://..); by default one is started
  --health http://.. its address of /healthz, for figures of the server
  --token T          its token, if it wants one
  --mock-ai          start the mock AI service and point the server at it
  --asr local|mock   with --mock-ai: who recognises (mock)
  --mock.NAME V      an option of the mock service, as in --mock.asr-ms 300
  --data DIR         data folder of the server that is started; by default an empty one
  --max-underruns P  share of frames that may come after the device ran empty (0)
  --json             only one line of JSON, at the end

Settings are those of npm start, as in --threads.voice 1 (docs/configuration.md).
`

/** What every question is understood as, if the mock recognises. */
export const MOCK_TRANSCRIPT = 'Can you hear me over there?'

/** Of a server that is started for it. */
const mqttSettings = ['--mqtt.enabled', '--mqtt.port', '0', '--mqtt.udpPort', '0', '--mqtt.host', '127.0.0.1', '--mqtt.udpHost', '127.0.0.1']

const MAX_SECONDS = 7 * 86_400

/** @throws UsageError */
export function parseArguments (args: readonly string[]): SimulateOptions {
  const { own, settings: given, mock } = sortArguments(args)
  const values = readOwn(own)
  const transport = readTransport(values.transport, values.url)
  const settings = transport === 'mqtt' && values.url === undefined ? [...mqttSettings, ...given] : given
  checkSettings(settings)
  const { wav: wavs = [], mode = 'auto', url, health, token = '', json = false, help = false, out = 'simulated', data } = values
  if (!isMode(mode)) throw new UsageError(`--mode is auto, manual or realtime, not "${mode}"`)
  const devices = readNumber('devices', values.devices, 10, { least: 1, most: 1_000_000, isWhole: true })
  const options: SimulateOptions = {
    devices,
    seconds: readNumber('seconds', values.seconds, 60, { least: 1, most: MAX_SECONDS }),
    wavs,
    mode,
    speechSeconds: readOptional('speech-s', values['speech-s'], { least: 0.3, most: 60 }),
    answerSeconds: readNumber('answer-s', values['answer-s'], 8, { least: 0.1, most: 600 }),
    pauseSeconds: readNumber('pause-s', values['pause-s'], 7, { least: 0, most: 86_400 }),
    bargeInShare: readNumber('barge-in', values['barge-in'], 0, { least: 0, most: 1 }),
    rampSeconds: readOptional('ramp-s', values['ramp-s'], { least: 0, most: MAX_SECONDS }),
    seed: readNumber('seed', values.seed, 1, { least: 0, most: 0xffff, isWhole: true }),
    decode: readNumber('decode', values.decode, 0, { least: 0, most: devices, isWhole: true }),
    out,
    transport,
    url,
    healthUrl: health,
    token,
    mockAi: values['mock-ai'] ?? false,
    asr: readRecogniser(values.asr, values['mock-ai'] === true),
    mockArguments: mock,
    mockTranscript: readMockTranscript(mock),
    settings,
    data,
    maxUnderruns: readNumber('max-underruns', values['max-underruns'], 0, { least: 0, most: 1 }),
    isJson: json,
    help
  }
  refuseContradictions(options)
  return options
}

interface Sorted { readonly own: readonly string[], readonly settings: readonly string[], readonly mock: readonly string[] }

// Names with a dot belong to the server or to the mock service; each takes its value along.
function sortArguments (args: readonly string[]): Sorted {
  const own: string[] = []
  const settings: string[] = []
  const mock: string[] = []
  for (let index = 0; index < args.length; index++) {
    const argument = args[index]!
    const name = /^--(?:no-)?([A-Za-z]\w*\.[^=]+)/.exec(argument)?.[1]
    const isMock = name?.startsWith('mock.') === true
    const target = name === undefined ? own : isMock ? mock : settings
    target.push(isMock ? argument.replace('--mock.', '--') : argument)
    const isSwitch = name !== undefined && configLeaves.get(name)?.kind === 'boolean'
    if (name !== undefined && !argument.includes('=') && !isSwitch && args[index + 1] !== undefined) target.push(args[++index]!)
  }
  return { own, settings, mock }
}

function readOwn (args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        devices: text,
        seconds: text,
        wav: { type: 'string', multiple: true },
        mode: text,
        'speech-s': text,
        'answer-s': text,
        'pause-s': text,
        'barge-in': text,
        'ramp-s': text,
        seed: text,
        decode: text,
        out: text,
        transport: text,
        url: text,
        health: text,
        token: text,
        'mock-ai': flag,
        asr: text,
        data: text,
        'max-underruns': text,
        json: flag,
        help: { type: 'boolean', short: 'h' }
      }
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

// The server would say the same, but only after it was started.
function checkSettings (settings: readonly string[]): void {
  try {
    readCommandLine(settings, {})
  } catch (error) {
    if (error instanceof ChorusError) throw new UsageError(error.message)
    throw error
  }
}

interface Limits { readonly least: number, readonly most: number, readonly isWhole?: boolean }

function readNumber (name: string, text: string | undefined, byDefault: number, limits: Limits): number {
  return readOptional(name, text, limits) ?? byDefault
}

function readOptional (name: string, text: string | undefined, { least, most, isWhole = false }: Limits): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !(value >= least && value <= most) || (isWhole && !Number.isInteger(value))) {
    throw new UsageError(`--${name} is a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}, not "${text}"`)
  }
  return value
}

function readTransport (text: string | undefined, url: string | undefined): 'ws' | 'mqtt' {
  const asked = text ?? (url?.startsWith('mqtt') === true ? 'mqtt' : 'ws')
  if (asked !== 'ws' && asked !== 'mqtt') throw new UsageError(`--transport is ws or mqtt, not "${asked}"`)
  return asked
}

function readRecogniser (text: string | undefined, isMock: boolean): 'local' | 'mock' {
  if (text === undefined) return isMock ? 'mock' : 'local'
  if (text === 'local') return 'local'
  if (text !== 'mock') throw new UsageError(`--asr is local or mock, not "${text}"`)
  if (!isMock) throw new UsageError('--asr mock needs --mock-ai')
  return 'mock'
}

/** Options of the mock that are decided here, and what to do instead. */
const ownedByUs: Readonly<Record<string, string>> = {
  port: 'the mock takes a free port',
  key: 'the mock is asked with a key of its own',
  'answer-s': 'give --answer-s, which sets how long answers are expected to be as well'
}

function refuseOwned (mock: readonly string[]): void {
  for (const argument of mock) {
    const name = /^--([\w-]+)/.exec(argument)?.[1] ?? ''
    if (Object.hasOwn(ownedByUs, name)) throw new UsageError(`--mock.${name} cannot be given: ${ownedByUs[name]!}`)
  }
}

function readMockTranscript (mock: readonly string[]): string | undefined {
  let transcript: string | undefined = MOCK_TRANSCRIPT
  for (const [index, argument] of mock.entries()) {
    const [, name, value] = /^--(transcript|transcript-table)(?:=(.*))?$/s.exec(argument) ?? []
    if (name === 'transcript-table') return undefined
    if (name === 'transcript') transcript = value ?? mock[index + 1]
  }
  return transcript
}

function refuseContradictions ({ transport, url, healthUrl, mockAi, settings, data, mockArguments }: SimulateOptions): void {
  const schemes = transport === 'mqtt' ? 'mqtt' : 'ws'
  if (url !== undefined && !new RegExp(`^${schemes}s?://`).test(url)) {
    throw new UsageError(`--url begins with ${schemes}:// or ${schemes}s://, unlike "${url}"`)
  }
  if (healthUrl !== undefined && !/^https?:\/\//.test(healthUrl)) throw new UsageError(`--health begins with http:// or https://, unlike "${healthUrl}"`)
  if (url === undefined && healthUrl !== undefined) throw new UsageError('--health goes with --url: a server of our own is asked anyway')
  if (url !== undefined && mockAi) {
    throw new UsageError('--mock-ai cannot point a server at itself that runs already. Start "node build/bench/mock-ai.js --port 9100", ' +
      'and that server with --llm.provider openai --llm.openai.baseUrl http://127.0.0.1:9100/v1 and the same for tts and asr')
  }
  if (url !== undefined && settings.length > 0) throw new UsageError(`${settings[0]!} is a setting of the server, and that at --url runs already`)
  if (url !== undefined && data !== undefined) throw new UsageError('--data is for a server that is started here, not for that at --url')
  if (!mockAi && mockArguments.length > 0) throw new UsageError(`${mockArguments[0]!.replace('--', '--mock.')} needs --mock-ai`)
  refuseOwned(mockArguments)
}

function isMode (mode: string): mode is ListenMode {
  return mode === 'auto' || mode === 'manual' || mode === 'realtime'
}
