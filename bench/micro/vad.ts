import { sileroFile } from '../../native-bindings/model-files.js'
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

export const vad: MicroCase = {
  unit: 'window of 512 samples',
  alternative: 'batch 1',
  variants: Object.fromEntries([1, 2, 4, 8, 16, 32].map(size => [`batch ${size}`, () => judgeInBatchesOf(size)]))
}
