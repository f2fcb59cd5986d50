import { parseMultipart, type UploadedFile } from '../../test/support/multipart.js'
import { parseWav } from '../../tools/simulator/wav.js'
import { jsonAnswer, wholeAnswer, type Answer } from './answer.js'
import { ApiError, missing } from './api-error.js'
import { checkFields, isOneOf, isText } from './fields.js'
import { oggOpusSeconds } from './ogg.js'
import type { MockAiOptions } from './options.js'
import type { Random } from './random.js'

export const MAX_FILE_BYTES = 25 * 1024 * 1024
const MIN_SECONDS = 0.1
/** A prompt that begins so says what is to be heard. */
const DICTATED = 'transcript:'

const isTemperature = (value: unknown): boolean => Number(value) >= 0 && Number(value) <= 1

const rules = {
  required: ['model'],
  known: {
    model: isText,
    language: (value: unknown) => typeof value === 'string' && /^[a-z]{2,3}$/.test(value),
    prompt: (value: unknown) => typeof value === 'string',
    response_format: isOneOf('json', 'text', 'verbose_json'),
    temperature: isTemperature,
    stream: isOneOf('false'),
    'timestamp_granularities[]': isOneOf('segment', 'word'),
    'include[]': isText,
    chunking_strategy: isText
  }
}

/** What was sent up, as far as an answer depends on it. */
export interface Upload { readonly fields: Readonly<Record<string, string | UploadedFile>>, readonly seconds: number }

/** POST /v1/audio/transcriptions: WAV or Ogg Opus up, a text that was agreed on down. */
export class Transcription {
  readonly #options: MockAiOptions

  constructor (options: MockAiOptions) {
    this.#options = options
  }

  /** @throws ApiError */
  read (body: Buffer, contentType: string): Upload {
    const { file, ...fields } = readForm(body, contentType)
    if (file === undefined) throw missing('file')
    checkFields(fields, rules)
    return { fields, seconds: secondsOf(file) }
  }

  answer ({ fields, seconds }: Upload, random: Random): Answer {
    const text = this.#textFor(seconds, String(fields['prompt'] ?? ''))
    const firstMs = this.#options.asrMs(random)
    switch (fields['response_format']) {
      case 'text': return wholeAnswer('text/plain; charset=utf-8', `${text}\n`, firstMs)
      case 'verbose_json': return jsonAnswer({ task: 'transcribe', language: 'english', duration: seconds, text, segments: [segment(text, seconds)] }, firstMs)
      default: return jsonAnswer({ text, usage: { type: 'duration', seconds: Math.ceil(seconds) } }, firstMs)
    }
  }

  #textFor (seconds: number, prompt: string): string {
    if (prompt.startsWith(DICTATED)) return prompt.slice(DICTATED.length).trim()
    return this.#options.transcriptTable.find(row => seconds <= row.upToSeconds)?.text ?? this.#options.transcript
  }
}

function readForm (body: Buffer, contentType: string): Readonly<Record<string, string | UploadedFile>> {
  if (!/^multipart\/form-data\b/i.test(contentType)) throw new ApiError(400, `a body of type "${contentType}" where multipart/form-data is expected`)
  try {
    return parseMultipart(body, contentType)
  } catch (error) {
    throw new ApiError(400, `Could not parse multipart form: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function secondsOf (file: string | UploadedFile): number {
  if (typeof file === 'string') throw new ApiError(400, 'file is not a file: its part has no filename', { param: 'file' })
  const { bytes } = file
  const seconds = bytes.toString('latin1', 0, 4) === 'RIFF' ? wavSeconds(bytes) : oggOpusSeconds(bytes)
  if (seconds === undefined) throw new ApiError(400, 'Invalid file format. This mock takes wav (16-bit mono PCM) and ogg (Opus).', { param: 'file' })
  if (seconds < MIN_SECONDS) throw new ApiError(400, `Audio file is too short. Minimum audio length is ${MIN_SECONDS} seconds.`, { param: 'file', code: 'audio_too_short' })
  return seconds
}

function wavSeconds (data: Buffer): number | undefined {
  try {
    const { samples, sampleRate } = parseWav(data)
    return samples.length / sampleRate
  } catch {
    return undefined
  }
}

function segment (text: string, seconds: number): object {
  return {
    id: 0, seek: 0, start: 0, end: seconds, text, tokens: [],
    temperature: 0, avg_logprob: 0, compression_ratio: 1, no_speech_prob: 0
  }
}
