import { createRequire } from 'node:module'
import { loadOpus, type OpusKind } from '../../native-bindings/opus.js'
import { makeConfig } from '../../src/core/config.js'
import { cutFrames, loadSpeech, resample } from '../support/speech.js'
import { consume, type MicroCase, type Variant } from './types.js'

/** As many encoders as a busy voice worker has warm: one alone would live in the caches. */
const ENCODERS = 32

const { audio } = makeConfig()

async function encodeWith (makeEncoder: () => (frame: Buffer) => Uint8Array): Promise<Variant> {
  const speech = await resample(loadSpeech(), 16_000, audio.sampleRateHz)
  const frames = cutFrames(speech, audio.sampleRateHz / 1000 * audio.frameMs)
  const encoders = Array.from({ length: ENCODERS }, makeEncoder)
  let next = 0
  return {
    operations: ENCODERS,
    run: () => {
      next++
      // Each encoder speaks on from where it was, and all of them at different places.
      for (let at = 0; at < ENCODERS; at++) consume(encoders[at]!(frames[(next + at * 7) % frames.length]!).length)
    }
  }
}

function ours (kind: OpusKind, complexity: number): Promise<Variant> {
  const opus = loadOpus(kind)
  return encodeWith(() => {
    const encoder = opus.createEncoder({ rateHz: audio.sampleRateHz, bitrate: audio.bitrate, complexity })
    return frame => encoder.encode(frame)
  })
}

/** The binding as it comes: nobody told it a complexity or a bit rate. */
function bindingDefault (): Promise<Variant> {
  const { OpusEncoder } = createRequire(import.meta.url)('@discordjs/opus') as {
    OpusEncoder: new (rateHz: number, channels: number) => { encode (frame: Buffer): Buffer }
  }
  return encodeWith(() => {
    const encoder = new OpusEncoder(audio.sampleRateHz, 1)
    return frame => encoder.encode(frame)
  })
}

export const encode: MicroCase = {
  unit: `frame of ${audio.frameMs} ms at ${audio.sampleRateHz} Hz`,
  ours: 'ours',
  alternative: 'binding default',
  variants: {
    'binding default': bindingDefault,
    ours: () => ours('native', audio.complexity),
    'complexity 5': () => ours('native', 5),
    'complexity 3': () => ours('native', 3),
    'ours in WebAssembly': () => ours('wasm', audio.complexity)
  }
}
