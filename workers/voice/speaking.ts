// hot path
import type { OpusEncoder } from '../../native-bindings/opus.js'
import { isResamplable, type Resampler, type ResamplerLibrary } from '../../native-bindings/resampler.js'
import { MarkerQueue, type Marker } from './marker-queue.js'
import { SampleFifo } from './sample-fifo.js'

/** Dialogue may be 400 ms ahead; a record holds up to 256 ms more at 8 kHz. */
const FIFO_MS = 680
/** The resampler keeps what its filter still needs; this much silence pushes it out. */
const FLUSH_MS = 10

/**
 * The downlink half of a seat: PCM of any rate becomes frames of the device's rate and length. One
 * encoder serves a whole turn; markers keep their place between the samples.
 */
export class Speaking {
  /** The turn whose audio is held here. */
  turn = -1
  readonly #rateHz: number
  readonly #fifo: SampleFifo
  readonly #frame: Int16Array
  readonly #frameBytes: Buffer
  readonly #encoder: OpusEncoder
  readonly #resamplers: ResamplerLibrary
  readonly #markers = new MarkerQueue()
  readonly #onResampled = (piece: Int16Array): void => { this.#keep(piece, piece.length) }
  #resampler: Resampler | undefined
  #resampledFromHz = 0
  /** Has the resampler a tail of this turn in its filter? */
  #hasTail = false
  #pushed = 0
  #encoded = 0
  #isEnding = false

  constructor (encoder: OpusEncoder, resamplers: ResamplerLibrary, rateHz: number, frameMs: number) {
    this.#encoder = encoder
    this.#resamplers = resamplers
    this.#rateHz = rateHz
    this.#fifo = new SampleFifo(rateHz / 1000 * FIFO_MS)
    this.#frame = new Int16Array(rateHz / 1000 * frameMs)
    this.#frameBytes = Buffer.from(this.#frame.buffer)
  }

  get rateHz (): number { return this.#rateHz }
  /** The samples that were encoded last. */
  get lastFrame (): Int16Array { return this.#frame }

  get hasFrame (): boolean {
    return this.#fifo.length >= this.#frame.length || (this.#isEnding && this.#fifo.length > 0)
  }

  /** Was a frame of this turn encoded? */
  get hasSpoken (): boolean { return this.#encoded > 0 }

  /** Has the end of the turn been passed on? */
  get isOver (): boolean { return this.#isEnding && this.isEmpty }
  get isEmpty (): boolean { return this.#fifo.length === 0 && this.#markers.length === 0 }
  get unencodedMs (): number { return this.#fifo.length / this.#rateHz * 1000 }

  /** A new turn: nothing of the old one is heard, the encoder starts afresh as the device does. */
  begin (turn: number): void {
    this.turn = turn
    this.#fifo.clear()
    this.#markers.clear()
    this.#pushed = 0
    this.#encoded = 0
    this.#isEnding = false
    this.#hasTail = false
    this.#resampler?.reset()
    this.#encoder.reset()
  }

  /** PCM of an impossible rate is left out: a vendor's slip must not end a worker of many seats. */
  acceptPcm (samples: Int16Array, rateHz: number): void {
    if (rateHz === this.#rateHz) {
      this.#keep(samples, samples.length)
    } else if (isResamplable(rateHz)) {
      this.#resamplerFrom(rateHz).process(samples, this.#onResampled)
      this.#hasTail = true
    }
  }

  /** `isLast`: nothing follows, so the last frame is filled up with silence. */
  acceptMarker (kind: number, flags: number, payload: Uint8Array, isLast: boolean): void {
    if (isLast) {
      if (this.#hasTail) this.#resampler?.process(new Int16Array(this.#resampledFromHz / 1000 * FLUSH_MS), this.#onResampled)
      this.#isEnding = true
    }
    this.#markers.push(this.#pushed, kind, flags, payload)
  }

  /** The marker that is due before the next frame, if there is one. */
  nextMarker (): Marker | undefined {
    const marker = this.#markers.first
    if (marker === undefined) return undefined
    // A sentence is announced with the frame that holds its first sample.
    const isDue = marker.at < this.#encoded + this.#frame.length && (this.hasFrame || this.#fifo.length === 0)
    const mustWait = this.#isEnding && this.#markers.length === 1 && this.#fifo.length > 0
    return isDue && !mustWait ? marker : undefined
  }

  takeMarker (): void { this.#markers.shift() }

  /** Encodes the next frame; `hasFrame` must hold. The packet is valid until the next call. */
  encodeFrame (): Uint8Array {
    const count = Math.min(this.#fifo.length, this.#frame.length)
    this.#fifo.shift(this.#frame, count)
    this.#frame.fill(0, count)
    this.#encoded += this.#frame.length
    return this.#encoder.encode(this.#frameBytes)
  }

  #keep (samples: Int16Array, count: number): void {
    // What found no room does not count: a marker behind it would never be due.
    this.#pushed += count - this.#fifo.push(samples, count)
  }

  #resamplerFrom (rateHz: number): Resampler {
    if (this.#resampler !== undefined && this.#resampledFromHz === rateHz) return this.#resampler
    this.#resampler?.destroy()
    this.#resampledFromHz = rateHz
    this.#resampler = this.#resamplers.create(rateHz, this.#rateHz)
    return this.#resampler
  }
}
