import type { RecogniserPaths, StreamingPaths } from '../../core/model-paths.js'
import { Recogniser } from '../../../native-bindings/recogniser.js'
import { SileroVad, VadStream } from '../../../native-bindings/silero-vad.js'
import { StreamingRecogniser } from '../../../native-bindings/streaming-recogniser.js'
import type { Device } from '../../../native-bindings/devices.js'
import { assertNever, describeError } from '../../core/errors.js'

// The program of a process of its own: it loads a model and runs a second of sound through it. A
// file that native code cannot bear ends this process and no other.

/** A model as it is tried. */
export type TrialModel =
  | { readonly kind: 'recogniser', readonly files: RecogniserPaths }
  | { readonly kind: 'streaming', readonly files: StreamingPaths }
  | { readonly kind: 'voice-detection', readonly files: { readonly model: string } }

/** What is tried, as JSON on the command line. */
export interface TrialSubject { readonly model: TrialModel, readonly device: Device }

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

function load ({ model, device }: TrialSubject): void {
  switch (model.kind) {
    case 'recogniser':
      new Recogniser(model.files, device).recognise(silenceAndTone())
      return
    case 'streaming':
      new StreamingRecogniser(model.files, { threads: 1, ruleSilenceMs: 1000 }, device) // decodes twice by itself
      return
    case 'voice-detection': {
      const stream = new VadStream()
      new SileroVad(model.files.model, 1, device).run([stream], 1)
      if (Number.isNaN(stream.probability)) throw new Error('it gives no result')
      return
    }
    default: assertNever(model)
  }
}

function silenceAndTone (): Float32Array {
  return Float32Array.from({ length: RATE_HZ }, (_, at) => at < RATE_HZ / 2 ? 0 : 0.2 * Math.sin(2 * Math.PI * TONE_HZ * at / RATE_HZ))
}
