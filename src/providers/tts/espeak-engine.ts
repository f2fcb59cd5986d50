import { spawn } from 'node:child_process'
import { parseWave, type Wave } from '../../../native-bindings/flite.js'
import { ChorusError, describeError } from '../../core/errors.js'

const TIMEOUT_MS = 10_000

/** espeak-ng names Mandarin `cmn`; other languages by their BCP 47 subtag. */
const VOICES: Readonly<Record<string, string>> = { zh: 'cmn' }

export interface EspeakOptions { readonly command: string, readonly wordsPerMinute: number }

/**
 * Speaks by espeak-ng as a child process (its licence does not allow linking).
 * @throws CHORUS_PROVIDER_BROKEN when the program fails or takes longer than 10 s
 */
export async function speakWithEspeak (text: string, language: string, options: EspeakOptions): Promise<Wave> {
  const voice = VOICES[language] ?? language
  const child = spawn(options.command, ['--stdout', '--stdin', '-v', voice, '-s', String(options.wordsPerMinute)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS
  })
  const output: Buffer[] = []
  const complaint: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => complaint.push(chunk))
  child.stdin.on('error', () => {}) // it closed early; its status tells why
  child.stdin.end(text)
  try {
    const status = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
    if (status !== 0) throw new Error(`status ${status}: ${Buffer.concat(complaint).toString().slice(0, 200)}`)
    return parseWave(Buffer.concat(output))
  } catch (error) {
    throw new ChorusError('CHORUS_PROVIDER_BROKEN', ['tts/espeak', describeError(error)], { cause: error })
  }
}
