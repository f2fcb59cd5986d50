import { parseArgs } from 'node:util'
import type { RehearParts } from '../replay/rehear.js'
import { rehear } from '../replay/rehear.js'
import { readRecording, type Recording } from '../replay/read-recording.js'
import { loadRehearParts } from '../replay/run-replay.js'
import { UsageError } from '../shared/usage-error.js'
import { addUp, bestOf, evaluate, makeTrial, type EndpointSettings, type Trial } from './evaluate.js'

export const usage = `usage: npm run sweep -- [options] FILE…

Hears recordings (npm start -- --record) again with other settings for the end of speech, and shows
how often each would have cut somebody off against how long each makes people wait.

  --end-silence MS,…   hearing.endSilenceMs to try (300,400,500,600,800)
  --threshold P,…      hearing.speechThreshold to try (as recorded)
  --within-ms MS       speech that begins so soon after an end was cut off by it (1000)
  --json               one line of JSON for each

docs/replay.md`

interface Streams { readonly out: NodeJS.WritableStream, readonly error: NodeJS.WritableStream }
/** The hysteresis between voice and silence stays as wide as it is by default. */
const HYSTERESIS = 0.15

/** @returns the exit code */
export function runSweep (args: readonly string[], { out, error }: Streams): number {
  try {
    const { values, positionals } = readArguments(args)
    if (values.help === true) { out.write(`${usage}\n`); return 0 }
    if (positionals.length === 0) throw new UsageError('which recordings? Name their files')
    const silences = readNumbers('--end-silence', values['end-silence'] ?? '300,400,500,600,800', 32, 10_000)
    const thresholds = values.threshold === undefined ? undefined : readNumbers('--threshold', values.threshold, 0.01, 0.99)
    const [withinMs] = readNumbers('--within-ms', values['within-ms'] ?? '1000', 0, 60_000)
    const recordings = positionals.map(readRecording)
    const parts = loadRehearParts()
    const trials = (thresholds ?? [recordings[0]!.header.hearing.speechThreshold]).flatMap(speechThreshold => silences.map(endSilenceMs => {
      return tryOut(recordings, { endSilenceMs, speechThreshold }, withinMs!, parts)
    }))
    out.write(values.json === true ? trials.map(trial => `${JSON.stringify(trial)}\n`).join('') : describe(trials))
    return 0
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown
    error.write(`${thrown.message}\n`)
    return 2
  }
}

function tryOut (recordings: readonly Recording[], settings: EndpointSettings, withinMs: number, parts: RehearParts): Trial {
  const { endSilenceMs, speechThreshold } = settings
  return makeTrial(settings, addUp(recordings.map(recording => {
    const { silenceThreshold, agreedSilenceMs, preRollMs } = recording.header.hearing
    const outputs = rehear(recording, parts, {
      endSilenceMs,
      speechThreshold,
      silenceThreshold: Math.min(silenceThreshold, Math.max(0.01, speechThreshold - HYSTERESIS)),
      agreedSilenceMs: Math.min(agreedSilenceMs, endSilenceMs)
    })
    return evaluate(outputs, { withinMs, preRollMs })
  })))
}

function describe (trials: readonly Trial[]): string {
  const best = new Set(bestOf(trials))
  const row = (cells: readonly string[]): string => cells.map((cell, at) => cell.padStart([12, 10, 11, 9, 8, 14, 7, 5][at]!)).join('')
  const lines = trials.map(trial => row([
    `${trial.endSilenceMs} ms`, String(trial.speechThreshold), String(trial.utterances), String(trial.cutOffs), String(trial.unended),
    format(trial.medianMs), format(trial.p90Ms), best.has(trial) ? 'best' : ''
  ]))
  const head = row(['end silence', 'threshold', 'utterances', 'cut off', 'unended', 'waiting, p50', 'p90', ''])
  return `${[head, ...lines].join('\n')}\n\nbest: none of the others interrupts less without waiting longer\n`
}

function format (ms: number): string { return Number.isNaN(ms) ? '–' : `${Math.round(ms)}` }

function readNumbers (flag: string, text: string, least: number, most: number): number[] {
  const numbers = text.split(',').map(Number)
  if (numbers.every(value => value >= least && value <= most)) return numbers
  throw new UsageError(`${flag} is a list of numbers from ${least} to ${most}, not "${text}"`)
}

function readArguments (args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'end-silence': { type: 'string' }, threshold: { type: 'string' }, 'within-ms': { type: 'string' },
        json: { type: 'boolean' }, help: { type: 'boolean' }
      }
    })
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  }
}
