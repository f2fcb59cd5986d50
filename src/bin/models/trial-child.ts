import { Recogniser, type RecogniserFiles } from '../../../native-bindings/recogniser.js'
import { SileroVad, VadStream } from '../../../native-bindings/silero-vad.js'
import type { Device } from '../../../native-bindings/devices.js'
import { assertNever, describeError } from '../../core/errors.js'

// The program of a process of its own: it loads a model and runs a second of sound through it. A
// file that native code cannot bear ends this process and no other.

/** What is tried, as JSON on the command line. */
export type TrialSubject =
  | { readonly kind: 'recogniser', readonly files: RecogniserFiles, readonly device: Device }
  | { readonly kind: 'voice-detection', readonly model: string, readonly device: Device }

/** One line of JSON on the standard output. */
export type TrialAnswer = { readonly ok: true } | { readonly ok: false, readonly problem: string }

const RATE_HZ = 16_000
const TONE_HZ = 440

const answer = tryOut(JSON.parse(process.argv[2] ?? 'null') as TrialSubject)
process.stdout.write(`${JSON.stringify(answer)}\n`)

function tryOut (subject: TrialSubject): TrialAnswer {
  try {
    load(subject)
    return { ok: true }
  } catch (error) {
    return { ok: false, problem: describeError(error) }
  }
}

function load (subject: TrialSubject): void {
  switch (subject.kind) {
    case 'recogniser':
      new Recogniser(subject.files, subject.device).recognise(silenceAndTone())
      return
    case 'voice-detection': {
      const stream = new VadStream()
      new SileroVad(subject.model, 1, subject.device).run([stream], 1)
      if (Number.isNaN(stream.probability)) throw new Error('it gives no result')
      return
    }
    default: assertNever(subject)
  }
}

function silenceAndTone (): Float32Array {
  return Float32Array.from({ length: RATE_HZ }, (_, at) => at < RATE_HZ / 2 ? 0 : 0.2 * Math.sin(2 * Math.PI * TONE_HZ * at / RATE_HZ))
}
