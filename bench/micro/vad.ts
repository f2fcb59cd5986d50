import { readFileSync } from 'node:fs'
import { sileroFile } from '../../native-bindings/model-files.js'
import { loadOnnxRuntime } from '../../native-bindings/onnx-runtime.js'
import { SileroVad, VadStream, WINDOW_SAMPLES } from '../../native-bindings/silero-vad.js'
import { loadSpeech } from '../support/speech.js'
import { consume, type MicroCase, type Variant } from './types.js'

/** As many seats for every batch size, so that only the size differs and not the memory touched. */
const STREAMS = 32

/** Silero on real speech: one window of each seat, in batches of `size`. */
function judgeInBatchesOf (size: number): Variant {
  const speech = loadSpeech()
  const windows = Math.floor(speech.length / WINDOW_SAMPLES)
  const vad = new SileroVad(sileroFile().path, size)
  const streams = Array.from({ length: STREAMS }, () => new VadStream())
  const batches = Array.from({ length: STREAMS / size }, (_, batch) => streams.slice(batch * size, (batch + 1) * size))
  let next = 0
  return {
    operations: STREAMS,
    prepare: () => {
      next++
      for (let row = 0; row < STREAMS; row++) {
        const at = (next + row * 16) % windows * WINDOW_SAMPLES
        streams[row]!.window.set(speech.subarray(at, at + WINDOW_SAMPLES))
      }
    },
    run: () => {
      for (let batch = 0; batch < batches.length; batch++) vad.run(batches[batch]!, size)
      consume(streams[0]!.probability * 1000)
    }
  }
}

/** The graph as it was published, with nothing done for it but a batch of the same numbers. */
function runPublished (size: number): Variant {
  const { InferenceSession, Tensor } = loadOnnxRuntime()
  const session = new InferenceSession()
  const model = Uint8Array.from(readFileSync(sileroFile().path)).buffer
  session.loadModel(model, 0, model.byteLength, { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', executionProviders: ['cpu'] })
  const input = Float32Array.from(loadSpeech().subarray(0, size * 576), sample => sample / 32_768)
  const output = new Float32Array(size)
  const states = [new Float32Array(2 * size * 128), new Float32Array(2 * size * 128)].map(data => new Tensor('float32', data, [2, size, 128]))
  const feeds = { input: new Tensor('float32', input, [size, 576]), state: states[0]!, sr: new Tensor('int64', BigInt64Array.of(16_000n), []) }
  const fetches = { output: new Tensor('float32', output, [size, 1]), stateN: states[1]! }
  return {
    operations: STREAMS,
    run: () => {
      for (let judged = 0; judged < STREAMS; judged += size) session.run(feeds, fetches, {})
      consume(output[0]! * 1000)
    }
  }
}

export const vad: MicroCase = {
  unit: 'window of 512 samples',
  ours: 'batch 16',
  alternative: 'batch 1',
  variants: {
    ...Object.fromEntries([1, 2, 4, 8, 16, 32].map(size => [`batch ${size}`, () => judgeInBatchesOf(size)])),
    'published graph, batch 16': () => runPublished(16)
  }
}
