import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { fixed, MAX_LATENCY_MS, parseDistribution, type Distribution } from './distribution.js'
import { noFaults, parseFaults, type FaultShares } from './faults.js'
import type { Kind } from './kinds.js'
import { OptionError } from './option-error.js'
import { readScript, readToolCall, type ScriptRule } from './script.js'

/** Opus packets hold as much, and chunks hold whole packets. */
export const PACKET_MS = 20

/** The text for audio of up to so many seconds. */
export interface TableRow { readonly upToSeconds: number, readonly text: string }

export interface MockAiOptions {
  readonly port: number
  /** Without one nobody has to show a key. */
  readonly key: string | undefined
  readonly seed: number
  readonly asrMs: Distribution
  readonly firstTokenMs: Distribution
  readonly tokenMs: Distribution
  readonly firstAudioMs: Distribution
  /** How long the spoken reply is, all of its sentences together. */
  readonly answerSeconds: number
  /** Times real time. */
  readonly speechRate: number
  /** How much audio travels at once. */
  readonly chunkMs: number
  /** Everything is sent at a multiple of it, the next one after it is due. */
  readonly gridMs: number
  readonly transcript: string
  readonly transcriptTable: readonly TableRow[]
  /** Of all requests, evenly spread. */
  readonly failShare: number
  readonly hangShare: number
  readonly faults: Readonly<Record<Kind, FaultShares>>
  readonly stallMs: number
  readonly retryAfterSeconds: number
  readonly wav: string | undefined
  readonly script: readonly ScriptRule[]
}

export const usage = `usage: node build/bench/mock-ai.js [options]

  --port N               TCP port on the loopback; 0 (default) takes any free one
  --key K                the only key that is accepted; without it any, or none
  --seed N               of all that is drawn (1)

latencies, each a number of ms, lognormal:MEDIAN,SIGMA, p50=MS,p99=MS or file:PATH:
  --asr-ms D             from the end of a transcription request to its answer (150)
  --first-token-ms D     to the first word of a chat (200)
  --token-ms D           between words (20)
  --first-audio-ms D     to the first audio of a sentence (150)

  --tokens-per-second X  instead of --token-ms
  --answer-s S           how long the whole reply takes to speak (8)
  --speech-rate X        how much faster than real time audio is sent (4)
  --chunk-ms MS          how much audio is sent at once, a multiple of 20 (200)
  --grid-ms MS           everything is sent up to so much late, together with others (5)
  --transcript "..."     what every transcription says
  --transcript-table F   JSON, [{"upToSeconds": 2, "text": "..."}, ...]: by the length of the audio
  --wav FILE             the voice: 16-bit mono PCM
  --tool-call "N {...}"  where a tool N is offered, a chat calls it with these arguments first
  --script F             JSON, [{"when": {"contains", "offered"}, "say" or "call"}, ...]

faults, each a list of shares as in 429=0.01,500=0.01,hang=0,half=0.01,garbage=0.005,stall=0.02:
  --chat-faults L, --speech-faults L, --transcription-faults L
  --stall-ms MS          how long a stalled answer stops (3000)
  --retry-after-s S      what a 429 asks for (1)
  --fail-share P         share of all requests that get a 500, evenly spread (0)
  --hang-share P         share of all requests that get no answer, evenly spread (0)
`

const text = { type: 'string' } as const

const optionTypes = {
  port: text,
  key: text,
  seed: text,
  'asr-ms': text,
  'first-token-ms': text,
  'token-ms': text,
  'tokens-per-second': text,
  'first-audio-ms': text,
  'answer-s': text,
  'speech-rate': text,
  'chunk-ms': text,
  'grid-ms': text,
  transcript: text,
  'transcript-table': text,
  'fail-share': text,
  'hang-share': text,
  'chat-faults': text,
  'speech-faults': text,
  'transcription-faults': text,
  'stall-ms': text,
  'retry-after-s': text,
  wav: text,
  'tool-call': text,
  script: text,
  help: { type: 'boolean', short: 'h' }
} as const

type Values = ReturnType<typeof readValues>

/** @throws OptionError. Undefined: help was asked for. */
export function parseOptions (args: readonly string[]): MockAiOptions | undefined {
  const values = readValues(args)
  if (values.help === true) return undefined
  const number = (name: keyof Values, byDefault: number, least: number, most: number): number => {
    return readNumber(values, name, byDefault, least, most)
  }
  const whole = (name: keyof Values, byDefault: number, least: number, most: number): number => {
    const value = number(name, byDefault, least, most)
    if (!Number.isInteger(value)) throw new OptionError(`--${name} is a whole number, not "${value}"`)
    return value
  }
  return {
    port: whole('port', 0, 0, 65535),
    key: values.key,
    seed: whole('seed', 1, 0, 0xffff_ffff),
    ...readLatencies(values),
    answerSeconds: number('answer-s', 8, 0.1, 600),
    speechRate: number('speech-rate', 4, 0.1, 1000),
    chunkMs: checkChunkMs(whole('chunk-ms', 200, PACKET_MS, 1000)),
    gridMs: whole('grid-ms', 5, 1, 50),
    transcript: values.transcript ?? 'What is the weather like today?',
    transcriptTable: values['transcript-table'] === undefined ? [] : readTable(values['transcript-table']),
    failShare: number('fail-share', 0, 0, 1),
    hangShare: number('hang-share', 0, 0, 1),
    faults: {
      chat: readFaults(values, 'chat-faults'),
      speech: readFaults(values, 'speech-faults'),
      transcription: readFaults(values, 'transcription-faults')
    },
    stallMs: number('stall-ms', 3000, 0, MAX_LATENCY_MS),
    retryAfterSeconds: whole('retry-after-s', 1, 0, 3600),
    wav: values.wav,
    // Rules are looked at in order, and a script is written for what it says.
    script: [
      ...(values.script === undefined ? [] : readScript(values.script)),
      ...(values['tool-call'] === undefined ? [] : [readToolCall(values['tool-call'])])
    ]
  }
}

function readValues (args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: optionTypes }).values
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error))
  }
}

function readNumber (values: Values, name: keyof Values, byDefault: number, least: number, most: number): number {
  const given = values[name]
  if (typeof given !== 'string') return byDefault
  const value = Number(given)
  if (given.trim() === '' || !(value >= least && value <= most)) throw new OptionError(`--${name} is a number from ${least} to ${most}, not "${given}"`)
  return value
}

function readLatencies (values: Values): Pick<MockAiOptions, 'asrMs' | 'firstTokenMs' | 'tokenMs' | 'firstAudioMs'> {
  const latency = (name: 'asr-ms' | 'first-token-ms' | 'token-ms' | 'first-audio-ms', byDefault: number): Distribution => {
    const given = values[name]
    return given === undefined ? fixed(byDefault) : parseDistribution(name, given)
  }
  const isRateGiven = values['tokens-per-second'] !== undefined
  if (isRateGiven && values['token-ms'] !== undefined) throw new OptionError('--tokens-per-second and --token-ms say the same: give one of them')
  return {
    asrMs: latency('asr-ms', 150),
    firstTokenMs: latency('first-token-ms', 200),
    tokenMs: isRateGiven ? fixed(1000 / readNumber(values, 'tokens-per-second', 0, 0.1, 100_000)) : latency('token-ms', 20),
    firstAudioMs: latency('first-audio-ms', 150)
  }
}

function readFaults (values: Values, name: 'chat-faults' | 'speech-faults' | 'transcription-faults'): FaultShares {
  const list = values[name]
  return list === undefined ? noFaults : parseFaults(name, list)
}

function checkChunkMs (chunkMs: number): number {
  if (chunkMs % PACKET_MS !== 0) throw new OptionError(`--chunk-ms is a multiple of ${PACKET_MS}, not ${chunkMs}`)
  return chunkMs
}

function readTable (file: string): TableRow[] {
  let rows: unknown
  try {
    rows = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new OptionError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!Array.isArray(rows) || !rows.every(isRow)) throw new OptionError(`${file} is not a list of {"upToSeconds": number, "text": string}`)
  return [...rows].sort((one, other) => one.upToSeconds - other.upToSeconds)
}

function isRow (row: unknown): row is TableRow {
  return typeof row === 'object' && row !== null && 'upToSeconds' in row && typeof row.upToSeconds === 'number' && 'text' in row && typeof row.text === 'string'
}
