import { loadOpus, type OpusKind } from '../../native-bindings/opus.js'
import { encodeClip } from '../../tools/simulator/uplink-source.js'
import { loadSpeech } from '../support/speech.js'
import { consume, type MicroCase, type Variant } from './types.js'

const DECODERS = 32
const RATE_HZ = 16_000

/** What the encoder of real firmware made of speech, on many decoders. */
function decodeWith (kind: OpusKind): Variant {
  const packets = encodeClip(loadSpeech())
  const opus = loadOpus(kind)
  const decoders = Array.from({ length: DECODERS }, () => opus.createDecoder(RATE_HZ))
  const out = new Int16Array(RATE_HZ / 1000 * 120)
  let next = 0
  return {
    operations: DECODERS,
    run: () => {
      next++
      for (let at = 0; at < DECODERS; at++) {
        const packet = packets[(next + at * 7) % packets.length]!
        consume(decoders[at]!.decode(packet, packet.length, out))
      }
    }
  }
}

export const decode: MicroCase = {
  unit: 'frame of 60 ms to 16 kHz',
  ours: 'native',
  alternative: 'WebAssembly',
  variants: { WebAssembly: () => decodeWith('wasm'), native: () => decodeWith('native') }
}
