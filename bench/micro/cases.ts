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
  'json-out': async () => (await import('./json.js')).jsonOut,
  'frame-in': async () => (await import('./frames.js')).frameIn,
  'frame-out': async () => (await import('./frames.js')).frameOut,
  'packet-check': async () => (await import('./frames.js')).packetCheck,
  'udp-open': async () => (await import('./frames.js')).udpOpen,
  'udp-seal': async () => (await import('./frames.js')).udpSeal,
  slots: async () => (await import('./shared-memory.js')).slots,
  doorbell: async () => (await import('./shared-memory.js')).doorbell,
  outbox: async () => (await import('./shared-memory.js')).outbox,
  arena: async () => (await import('./shared-memory.js')).arena,
  counters: async () => (await import('./shared-memory.js')).counters,
  clock: async () => (await import('./shared-memory.js')).clock,
  playout: async () => (await import('./gateway.js')).playout,
  'playout-clock': async () => (await import('./gateway.js')).playoutClock,
  'packet-queue': async () => (await import('./gateway.js')).packetQueue,
  'flood-guard': async () => (await import('./gateway.js')).floodGuard,
  'seat-handle': async () => (await import('./gateway.js')).seatHandle,
  inbound: async () => (await import('./gateway.js')).inbound,
  hearing: async () => (await import('./hearing.js')).hearing,
  conceal: async () => (await import('./hearing.js')).conceal,
  endpointer: async () => (await import('./hearing.js')).endpointer,
  'energy-gate': async () => (await import('./hearing.js')).energyGate,
  'level-track': async () => (await import('./hearing.js')).levelTrack,
  echo: async () => (await import('./hearing.js')).echo,
  'barge-in': async () => (await import('./hearing.js')).bargeIn,
  'arrival-log': async () => (await import('./hearing.js')).arrivalLog,
  'sample-fifo': async () => (await import('./hearing.js')).sampleFifo,
  'recent-samples': async () => (await import('./hearing.js')).recentSamples,
  utterance: async () => (await import('./hearing.js')).utterance,
  'speech-tap': async () => (await import('./hearing.js')).speechTap,
  'encode-queue': async () => (await import('./speaking.js')).encodeQueue,
  speaking: async () => (await import('./speaking.js')).speaking,
  'marker-queue': async () => (await import('./speaking.js')).markerQueue,
  'voice-loop': async () => (await import('./voice-loop.js')).voiceLoop
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
