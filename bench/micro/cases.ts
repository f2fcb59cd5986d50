import type { MicroCase } from './types.js'

/** Loaded one by one: a case must not pay for the native parts of the others. */
export const cases: Readonly<Record<string, () => Promise<MicroCase>>> = {
  ring: async () => (await import('./ring.js')).ring,
  'ring-one-thread': async () => (await import('./ring-one-thread.js')).ringOneThread,
  decode: async () => (await import('./decode.js')).decode,
  vad: async () => (await import('./vad.js')).vad,
  encode: async () => (await import('./encode.js')).encode,
  resample: async () => (await import('./resample.js')).resampling,
  splitter: async () => (await import('./splitter.js')).splitter,
  'json-in': async () => (await import('./json.js')).jsonIn,
  'json-out': async () => (await import('./json.js')).jsonOut
}

export interface Bound {
  readonly bench: string
  readonly variant: string
  /** Most that the variant may take, as a share of the case's alternative. */
  readonly atMost: number
}

/** What `npm run bench` insists on: the median over the rounds of an alternating run. */
export const bounds: readonly Bound[] = [
  { bench: 'ring', variant: 'ring', atMost: 1 / 3 },
  { bench: 'vad', variant: 'batch 16', atMost: 1 / 2 },
  { bench: 'encode', variant: 'ours', atMost: 1 / 7 }
]
