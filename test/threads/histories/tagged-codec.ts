import assert from 'node:assert/strict'
import type { OpusDecoder, OpusEncoder, OpusLibrary } from '../../../native-bindings/opus.js'
import type { SileroVad, VadStream } from '../../../native-bindings/silero-vad.js'

/** SILK, wideband, 60 ms, mono. */
const TOC = 0x58
export const UPLINK_SAMPLES = 960
/** What a frame of the device's says: who speaks, or 0 for silence. */
export type Tag = number

// A codec whose packets say whose they are: every sample of a frame is the number of the session.
// So a sample of one session in the utterance or answer of another shows at once.

export function uplinkPacket (tag: Tag): Uint8Array { return Uint8Array.of(TOC, tag & 0xff, tag >> 8) }

/** Conceals with what it heard last, as real ones do, until it is reset. */
class TaggedDecoder implements OpusDecoder {
  #last = 0

  decode (packet: Uint8Array, length: number, out: Int16Array): number {
    if (length > 3) return -1
    if (length === 3) this.#last = packet[1]! | packet[2]! << 8
    out.fill(this.#last, 0, UPLINK_SAMPLES)
    return UPLINK_SAMPLES
  }

  reset (): void { this.#last = 0 }
}

/** A packet is the tag of its frame and how many samples have it; the rest is silence. */
class TaggedEncoder implements OpusEncoder {
  readonly #packet = new Uint8Array(4)

  encode (frame: Buffer): Uint8Array {
    const samples = new Int16Array(frame.buffer, frame.byteOffset, frame.length / 2)
    const tag = samples.find(sample => sample !== 0) ?? 0
    const spoken = samples.filter(sample => sample !== 0)
    assert.ok(spoken.every(sample => sample === tag), 'a frame has samples of two turns')
    new Uint16Array(this.#packet.buffer).set([tag, spoken.length])
    return this.#packet
  }

  reset (): void {}
}

export function readDownlink (packet: Uint8Array): { readonly tag: Tag, readonly samples: number } {
  return { tag: packet[0]! | packet[1]! << 8, samples: packet[2]! | packet[3]! << 8 }
}

export const taggedOpus: OpusLibrary = {
  kind: 'native',
  createDecoder: () => new TaggedDecoder(),
  createEncoder: () => new TaggedEncoder()
}

/** Speech is what is not 0. */
export const taggedVad = {
  maxBatch: 4,
  run (streams: readonly VadStream[], count: number) {
    for (let row = 0; row < count; row++) streams[row]!.probability = streams[row]!.window.some(sample => sample !== 0) ? 0.9 : 0.1
  }
} as unknown as SileroVad
