import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { ChorusError } from '../../core/errors.js'
import type { TrialAnswer, TrialSubject } from './trial-child.js'

export type TrialOutcome =
  | { readonly kind: 'works' }
  /** It runs, but on the processor, which it was not asked to. */
  | { readonly kind: 'fell back', readonly lastWords: string }
  | { readonly kind: 'failed', readonly how: string, readonly lastWords: string }

export interface TrialOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

const LAST_LINES = 3
const LAST_CHARACTERS = 400
const KEPT_CHARACTERS = 65_536
/** sherpa-onnx tells in no other way that a device is missing. */
const FALLBACK = /fall\s?back to cpu/i

/**
 * Runs a model in a process of its own, which may die of it.
 * @throws CHORUS_STOPPING when the signal comes first
 */
export function tryInChild (subject: TrialSubject, { timeoutMs, signal }: TrialOptions): Promise<TrialOutcome> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) { reject(new ChorusError('CHORUS_STOPPING')); return }
    const file = fileURLToPath(new URL('./trial-child.js', import.meta.url))
    const child = spawn(process.execPath, [file, JSON.stringify(subject)], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errorOutput = ''
    let isLate = false
    child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text })
    child.stderr.setEncoding('utf8').on('data', (text: string) => { errorOutput = (errorOutput + text).slice(-KEPT_CHARACTERS) })
    // It may hang in native code, where no other signal is looked at.
    const kill = (): void => { child.kill('SIGKILL') }
    const timer = setTimeout(() => { isLate = true; kill() }, timeoutMs)
    signal.addEventListener('abort', kill, { once: true })
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', kill)
      act()
    }
    child.once('error', error => { settle(() => { reject(error) }) })
    child.once('close', (code, killedBy) => {
      settle(() => {
        if (signal.aborted) { reject(new ChorusError('CHORUS_STOPPING')); return }
        const end = isLate ? `gave no answer in ${timeoutMs} ms` : killedBy === null ? `ended with code ${code ?? '?'}` : `was ended by ${killedBy}`
        resolve(judge(readAnswer(output), end, errorOutput))
      })
    })
  })
}

function judge (answer: TrialAnswer | undefined, end: string, errorOutput: string): TrialOutcome {
  const lastWords = lastLines(errorOutput)
  if (answer === undefined) return { kind: 'failed', how: end, lastWords }
  if (!answer.ok) return { kind: 'failed', how: `refused it (${answer.problem.trim()})`, lastWords }
  return FALLBACK.test(errorOutput) ? { kind: 'fell back', lastWords } : { kind: 'works' }
}

function readAnswer (output: string): TrialAnswer | undefined {
  const line = output.trim().split('\n').at(-1) ?? ''
  try {
    return JSON.parse(line) as TrialAnswer
  } catch {
    return undefined // it died before it could answer
  }
}

function lastLines (text: string): string {
  const lines = stripVTControlCharacters(text).split('\n').map(line => line.trim()).filter(line => line !== '')
  const last = lines.slice(-LAST_LINES).join(' / ')
  if (last === '') return 'none'
  return last.length > LAST_CHARACTERS ? `…${last.slice(-LAST_CHARACTERS)}` : last
}
