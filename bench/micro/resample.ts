import { ResamplerLibrary } from '../../native-bindings/resampler.js'
import { loadSpeech } from '../support/speech.js'
import { consume, type MicroCase, type Variant } from './types.js'

const FROM_HZ = 16_000
const TO_HZ = 24_000
const CHUNK_SAMPLES = FROM_HZ / 1000 * 60
const CHUNKS = 64

async function resampleChunks (isNewForEach: boolean): Promise<Variant> {
  const library = await ResamplerLibrary.load()
  const speech = loadSpeech()
  const chunks = Array.from({ length: CHUNKS }, (_, index) => speech.slice(index * CHUNK_SAMPLES, (index + 1) * CHUNK_SAMPLES))
  const stream = library.create(FROM_HZ, TO_HZ)
  const take = (piece: Int16Array): void => { consume(piece[0]! + piece.length) }
  return {
    operations: CHUNKS,
    run: () => {
      for (const chunk of chunks) {
        const resampler = isNewForEach ? library.create(FROM_HZ, TO_HZ) : stream
        resampler.process(chunk, take)
        if (isNewForEach) resampler.destroy()
      }
    }
  }
}

export const resampling: MicroCase = {
  unit: 'chunk of 60 ms from 16 to 24 kHz',
  ours: 'a resampler for the stream',
  alternative: 'a resampler for each chunk',
  variants: {
    'a resampler for each chunk': () => resampleChunks(true),
    'a resampler for the stream': () => resampleChunks(false)
  }
}
