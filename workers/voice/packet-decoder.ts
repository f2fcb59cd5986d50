// hot path
import { opusPacketMs } from '../../native-bindings/opus-packet.js'
import type { OpusDecoder } from '../../native-bindings/opus.js'

/** Longest Opus packet: 120 ms. */
const MAX_PACKET_MS = 120
/** The decoder fades what it knew for so long; what is missing beyond is silence. */
const MAX_CONCEALED_MS = 200
/** SILK, wideband, 60 ms, mono, nothing in it: what the firmware sends in silence. */
const SILK_60_MS_TOC = 0x58
/** Leaves out of a TOC byte how many frames follow; then it stands for one. */
const ONE_FRAME_MASK = 0xfc

/** A table of contents, and one byte: no packet of a sound is that short. */
const MAX_DTX_BYTES = 2

const tocOnly = new Uint8Array(1)

/** One device's packets as samples, also those that are missing: they last as the one before. */
export class PacketDecoder {
  /** Frames that a packet of this device holds. */
  framesPerPacket = 1
  readonly #decoder: OpusDecoder
  readonly #samplesPerMs: number
  #toc = SILK_60_MS_TOC
  #concealedMs = 0
  /** Were packets passed over that the decoder has not seen? */
  #hasPassed = false
  /** Was what it saw last silence? One is passed over but for a packet now and then. */
  #knowsSilence = false

  constructor (decoder: OpusDecoder, samplesPerMs: number) {
    this.#decoder = decoder
    this.#samplesPerMs = samplesPerMs
  }

  static maxSamples (samplesPerMs: number): number { return MAX_PACKET_MS * samplesPerMs }

  /** Another device. */
  reset (): void {
    this.restart()
    this.#toc = SILK_60_MS_TOC
    this.framesPerPacket = 1
  }

  /** The device begins with a fresh encoder. */
  restart (): void {
    this.#decoder.reset()
    this.#concealedMs = 0
    this.#hasPassed = false
    this.#knowsSilence = false
  }

  /**
   * @param isQuiet nobody listens to silence: a packet that says no more than that it goes on is
   *   passed over, since the decoder takes half as long for it as for speech
   * @returns samples in `out`, or -1 when the packet is malformed
   */
  decode (packet: Uint8Array, length: number, out: Int16Array, isQuiet = false): number {
    const packetMs = opusPacketMs(packet, length)
    if (isQuiet && packetMs > 0 && length <= MAX_DTX_BYTES) return this.#pass(packetMs, out)
    if (this.#hasPassed && !this.#knowsSilence) this.#fade(out)
    this.#hasPassed = false
    this.#knowsSilence = isQuiet
    const samples = packetMs > 0 ? this.#decoder.decode(packet, length, out) : -1
    if (samples < 0) return -1
    this.#toc = packet[0]! & ONE_FRAME_MASK
    tocOnly[0] = this.#toc
    this.framesPerPacket = packetMs / opusPacketMs(tocOnly, 1)
    this.#concealedMs = 0
    return samples
  }

  #pass (packetMs: number, out: Int16Array): number {
    this.#hasPassed = true
    this.#concealedMs = 0
    const samples = packetMs * this.#samplesPerMs
    out.fill(0, 0, samples)
    return samples
  }

  // As much as the decoder needs to go from what it last heard to silence.
  #fade (out: Int16Array): void {
    tocOnly[0] = this.#toc
    this.#decoder.decode(tocOnly, 1, out)
  }

  /** One missing frame; a packet has `framesPerPacket`. @returns samples in `out` */
  concealFrame (out: Int16Array): number {
    tocOnly[0] = this.#toc
    const frameMs = opusPacketMs(tocOnly, 1)
    const samples = this.#concealedMs < MAX_CONCEALED_MS ? this.#decoder.decode(tocOnly, 1, out) : -1
    this.#concealedMs += frameMs
    if (samples >= 0) return samples
    out.fill(0, 0, frameMs * this.#samplesPerMs)
    return frameMs * this.#samplesPerMs
  }
}
