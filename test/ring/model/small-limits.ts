import type { Edit } from './load-model.js'

/** Limits scaled down to what can be explored; the code is the same for any value. */
export const smallLimits: readonly Edit[] = [
  { file: 'src/ring/utterance-arena.ts', from: 'PAGE_SAMPLES = 32_000', to: 'PAGE_SAMPLES = 2' },
  { file: 'src/ring/doorbell.ts', from: 'MAX_RECORDS = 256', to: 'MAX_RECORDS = 2' }
]
