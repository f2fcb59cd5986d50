import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

/** The text for audio of up to so many seconds. */
export interface TableRow { readonly upToSeconds: number, readonly text: string }

/** A tool that the model calls first, wherever it is offered. */
export interface MockToolCall { readonly name: string, readonly arguments: string }

export interface MockAiOptions {
  readonly port: number
  /** Without one nobody has to show a key. */
  readonly key: string | undefined
  readonly asrMs: number
  readonly firstTokenMs: number
  readonly tokenMs: number
  readonly firstAudioMs: number
  /** How long the spoken reply is, all of its sentences together. */
  readonly answerSeconds: number
  /** Times real time. */
  readonly speechRate: number
  readonly transcript: string
  readonly transcriptTable: readonly TableRow[]
  readonly failShare: number
  readonly hangShare: number
  readonly wav: string | undefined
  readonly toolCall: MockToolCall | undefined
}

export const usage = `usage: node build/bench/mock-ai.js [options]

  --port N               TCP port on the loopback; 0 (default) takes any free one
  --key K                the only key that is accepted; without it any, or none
  --asr-ms MS            from the end of a transcription request to its answer (150)
  --first-token-ms MS    to the first word of a chat (200)
  --token-ms MS          between words (20)
  --first-audio-ms MS    to the first audio of a sentence (150)
  --answer-s S           how long the whole reply takes to speak (8)
  --speech-rate X        how much faster than real time audio is sent (4)
  --transcript "..."     what every transcription says
  --transcript-table F   JSON, [{"upToSeconds": 2, "text": "..."}, ...]: by the length of the audio
  --wav FILE             the voice: 16-bit mono PCM
  --tool-call "N {...}"  where a tool N is offered, a chat calls it with these arguments first
  --fail-share P         share of requests that get a 500 (0)
  --hang-share P         share of requests that get no answer (0)
`

/** What is wrong with the call, in words. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
}

/** @throws OptionError. Undefined: help was asked for. */
export function parseOptions (args: readonly string[]): MockAiOptions | undefined {
  const values = readValues(args)
  if (values.help === true) return undefined
  const number = (name: keyof typeof values, byDefault: number, least: number, most: number): number => {
    const text = values[name]
    if (typeof text !== 'string') return byDefault
    const value = Number(text)
    if (text.trim() === '' || !(value >= least && value <= most)) throw new OptionError(`--${name} is a number from ${least} to ${most}, not "${text}"`)
    return value
  }
  const port = number('port', 0, 0, 65535)
  if (!Number.isInteger(port)) throw new OptionError(`--port is a whole number, not "${port}"`)
  return {
    port,
    key: values.key,
    asrMs: number('asr-ms', 150, 0, 600_000),
    firstTokenMs: number('first-token-ms', 200, 0, 600_000),
    tokenMs: number('token-ms', 20, 0, 60_000),
    firstAudioMs: number('first-audio-ms', 150, 0, 600_000),
    answerSeconds: number('answer-s', 8, 0.1, 600),
    speechRate: number('speech-rate', 4, 0.1, 1000),
    transcript: values.transcript ?? 'What is the weather like today?',
    transcriptTable: values['transcript-table'] === undefined ? [] : readTable(values['transcript-table']),
    failShare: number('fail-share', 0, 0, 1),
    hangShare: number('hang-share', 0, 0, 1),
    wav: values.wav,
    toolCall: values['tool-call'] === undefined ? undefined : readToolCall(values['tool-call'])
  }
}

function readValues (args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: text,
        key: text,
        'asr-ms': text,
        'first-token-ms': text,
        'token-ms': text,
        'first-audio-ms': text,
        'answer-s': text,
        'speech-rate': text,
        transcript: text,
        'transcript-table': text,
        'fail-share': text,
        'hang-share': text,
        wav: text,
        'tool-call': text,
        help: { type: 'boolean', short: 'h' }
      }
    }).values
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error))
  }
}

function readToolCall (text: string): MockToolCall {
  const [, name, args] = /^([\w-]{1,64})\s+(\{.*\})$/s.exec(text.trim()) ?? []
  try {
    if (name !== undefined && args !== undefined) return { name, arguments: JSON.stringify(JSON.parse(args)) }
  } catch { /* said below */ }
  throw new OptionError(`--tool-call is a name and its arguments as JSON, as in 'lamp {"on": true}', not "${text}"`)
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
