import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { parseWav } from '../../../tools/simulator/wav.js'
import { UsageError, type DemoOptions } from './arguments.js'
import { resample } from './resample.js'

/** What the user of the device says, or types. */
export type Question =
  | { readonly kind: 'speech', readonly name: string, readonly pcm: Int16Array, readonly durationMs: number }
  | { readonly kind: 'text', readonly text: string }

const UPLINK_HZ = 16000
const RATES_HZ = [8000, 16000, 24000, 44100, 48000]
const MAX_SPEECH_S = 60
const DEFAULT_CLIP = 'test/fixtures/en-chieftain.wav'

/** @throws UsageError when the file is not there or is not what a device could say. */
export function readQuestions ({ wav, text }: DemoOptions): Question[] {
  const questions: Question[] = []
  if (wav !== undefined || text === undefined) questions.push(readSpeech(wav ?? findDefaultClip()))
  if (text !== undefined) questions.push({ kind: 'text', text })
  return questions
}

function readSpeech (file: string): Question {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new UsageError(code === 'ENOENT' ? `there is no file ${file}` : `cannot read ${file} (${code})`)
  }
  const { samples, sampleRate } = parse(bytes, file)
  if (!RATES_HZ.includes(sampleRate)) throw new UsageError(`${file} has ${sampleRate} Hz; use one of ${RATES_HZ.join(', ')}`)
  const seconds = samples.length / sampleRate
  if (samples.length === 0) throw new UsageError(`${file} is empty`)
  if (seconds > MAX_SPEECH_S) throw new UsageError(`${file} lasts ${Math.round(seconds)} s; ${MAX_SPEECH_S} s is the most`)
  return { kind: 'speech', name: path.basename(file), pcm: resample(samples, sampleRate, UPLINK_HZ), durationMs: seconds * 1000 }
}

function parse (bytes: Buffer, file: string): ReturnType<typeof parseWav> {
  try {
    return parseWav(bytes)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`cannot use ${file}: ${reason}. It has to be a 16-bit mono PCM WAV`)
  }
}

// The build holds no clips: walk up from here to the folder that does.
function findDefaultClip (): string {
  const here = path.dirname(fileURLToPath(import.meta.url))
  for (let folder = here; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const candidate = path.join(folder, DEFAULT_CLIP)
    if (existsSync(candidate)) return candidate
  }
  throw new UsageError(`our own ${DEFAULT_CLIP} is missing: name a file with --wav`)
}
