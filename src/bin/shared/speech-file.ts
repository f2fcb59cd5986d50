import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { parseWav } from '../../../tools/simulator/wav.js'
import { resample } from './resample.js'
import { UsageError } from './usage-error.js'

/** What a device could say: 16 kHz, as its microphone has it. */
export interface SpeechFile { readonly name: string, readonly pcm: Int16Array, readonly durationMs: number }

const UPLINK_HZ = 16000
const RATES_HZ = [8000, 16000, 24000, 44100, 48000]
const MAX_SPEECH_S = 60

/** @throws UsageError when the file is not there or is not what a device could say. */
export function readSpeechFile (file: string): SpeechFile {
  const { samples, sampleRate } = parse(readBytes(file), file)
  if (!RATES_HZ.includes(sampleRate)) throw new UsageError(`${file} has ${sampleRate} Hz; use one of ${RATES_HZ.join(', ')}`)
  const seconds = samples.length / sampleRate
  if (samples.length === 0) throw new UsageError(`${file} is empty`)
  if (seconds > MAX_SPEECH_S) throw new UsageError(`${file} lasts ${Math.round(seconds)} s; ${MAX_SPEECH_S} s is the most`)
  return { name: path.basename(file), pcm: resample(samples, sampleRate, UPLINK_HZ), durationMs: seconds * 1000 }
}

/**
 * A file of the project, from the sources as well as from the build, which holds none of the clips.
 * @throws UsageError when it is nowhere
 */
export function findOwnFile (name: string): string {
  const here = path.dirname(fileURLToPath(import.meta.url))
  for (let folder = here; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, name)
    if (existsSync(candidate)) return candidate
    if (folder === path.dirname(folder)) throw new UsageError(`there is no ${name} above ${here}: give a file with --wav`)
  }
}

function readBytes (file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new UsageError(code === 'ENOENT' ? `there is no file ${file}` : `cannot read ${file} (${code})`)
  }
}

function parse (bytes: Buffer, file: string): ReturnType<typeof parseWav> {
  try {
    return parseWav(bytes)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`cannot use ${file}: ${reason}. It has to be a 16-bit mono PCM WAV`)
  }
}
