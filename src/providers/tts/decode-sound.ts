import type { PcmChunk } from '../types.js'
import type { Faults } from '../wire/faults.js'

interface SoundDecoder {
  /** @throws Error in plain words */
  push (bytes: Uint8Array): PcmChunk | undefined
}

/**
 * What a decoder makes of some bytes.
 * @throws CHORUS_PROVIDER_RUBBISH with what the decoder complains about
 */
export function decodeSound (faults: Faults, decoder: SoundDecoder, bytes: Uint8Array): PcmChunk | undefined {
  try {
    return decoder.push(bytes)
  } catch (error) {
    throw faults.rubbish(error instanceof Error ? error.message : String(error), error)
  }
}
