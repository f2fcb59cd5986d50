// hot path
import { readFileSync } from 'node:fs'
import { ortProvider, type Device } from './devices.js'
import { loadOnnxRuntime, type OnnxRuntime, type OrtSession, type OrtTensor } from './onnx-runtime.js'
import { batchedSilero } from './silero-graph.js'

/** Samples of one window at 16 kHz (32 ms); the model knows no other length. */
export const WINDOW_SAMPLES = 512
/** Samples of the window before that the model wants to see again. */
const CONTEXT_SAMPLES = 64
const INPUT_SAMPLES = CONTEXT_SAMPLES + WINDOW_SAMPLES
/** Floats of a stream's recurrent state: what it says and what it keeps, 128 each. */
const STATE_FLOATS = 256
/** The model takes floats of -1 to 1. */
const TO_FLOAT = 1 / 32_768

type Feeds = Record<string, OrtTensor>
interface Batch {
  readonly input: Float32Array
  readonly state: Float32Array
  readonly feeds: Feeds
  readonly fetches: Feeds
  readonly probabilities: Float32Array
  /** By row. */
  readonly nextStates: readonly Float32Array[]
}

/** One speaker's stream: what the model remembers from window to window. */
export class VadStream {
  readonly state = new Float32Array(STATE_FLOATS)
  readonly context = new Float32Array(CONTEXT_SAMPLES)
  /** The window to judge next, PCM16. */
  readonly window = new Int16Array(WINDOW_SAMPLES)
  /** Probability of speech in the window judged last, 0 to 1; a float from birth for V8's sake. */
  probability = Number.NaN

  reset (): void {
    this.state.fill(0)
    this.context.fill(0)
    this.probability = Number.NaN
  }
}

/**
 * Silero VAD v5 through ONNX Runtime's synchronous binding. One session serves all streams of a
 * thread; a batch gives each stream the result it would have had alone.
 */
export class SileroVad {
  readonly #session: OrtSession
  readonly #batches: Batch[] = []

  /**
   * @param modelPath a file whose sha256 was checked: a broken one ends the process
   * @param maxBatch streams in one run at most
   * @throws Error when there is no such device
   */
  constructor (modelPath: string, maxBatch: number, device: Device = 'cpu') {
    const ort = loadOnnxRuntime()
    this.#session = new ort.InferenceSession()
    const model = batchedSilero(readFileSync(modelPath)).slice().buffer
    this.#session.loadModel(model, 0, model.byteLength, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      executionProviders: [ortProvider(device)]
    })
    // The runtime refuses tensors on shared memory and wants exact shapes: one set per batch size.
    for (let size = 1; size <= maxBatch; size++) this.#batches.push(createBatch(ort.Tensor, size))
  }

  /** Judges the `window` of the first `count` streams and stores each one's `probability`. */
  run (streams: readonly VadStream[], count: number): void {
    const batch = this.#batches[count - 1]!
    for (let row = 0; row < count; row++) gather(batch, streams[row]!, row)
    this.#session.run(batch.feeds, batch.fetches, {})
    for (let row = 0; row < count; row++) scatter(batch, streams[row]!, row)
  }
}

function gather (batch: Batch, stream: VadStream, row: number): void {
  const at = row * INPUT_SAMPLES
  batch.input.set(stream.context, at)
  for (let sample = 0; sample < WINDOW_SAMPLES; sample++) batch.input[at + CONTEXT_SAMPLES + sample] = stream.window[sample]! * TO_FLOAT
  batch.state.set(stream.state, row * STATE_FLOATS)
}

function scatter (batch: Batch, stream: VadStream, row: number): void {
  stream.probability = batch.probabilities[row]!
  stream.state.set(batch.nextStates[row]!)
  for (let at = 0; at < CONTEXT_SAMPLES; at++) stream.context[at] = stream.window[WINDOW_SAMPLES - CONTEXT_SAMPLES + at]! * TO_FLOAT
}

function createBatch (Tensor: OnnxRuntime['Tensor'], size: number): Batch {
  const input = new Float32Array(size * INPUT_SAMPLES)
  const state = new Float32Array(size * STATE_FLOATS)
  const probabilities = new Float32Array(size)
  const nextState = new Float32Array(size * STATE_FLOATS)
  return {
    input,
    state,
    probabilities,
    nextStates: Array.from({ length: size }, (_, row) => nextState.subarray(row * STATE_FLOATS, (row + 1) * STATE_FLOATS)),
    feeds: {
      input: new Tensor('float32', input, [size, INPUT_SAMPLES]),
      state: new Tensor('float32', state, [size, STATE_FLOATS])
    },
    fetches: {
      output: new Tensor('float32', probabilities, [size, 1]),
      stateN: new Tensor('float32', nextState, [size, STATE_FLOATS])
    }
  }
}
