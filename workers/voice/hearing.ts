// hot path
import { opusPacketMs } from '../../native-bindings/opus-packet.js'
import type { OpusDecoder } from '../../native-bindings/opus.js'
import { VadStream, WINDOW_SAMPLES } from '../../native-bindings/silero-vad.js'
import { ENDED_BY_LENGTH, ENDED_BY_MEMORY, ENDED_BY_SILENCE, type Endpoint } from '../../src/ring/endpoint.js'
import type { UtteranceArena } from '../../src/ring/utterance-arena.js'
import { BEGAN, CUT, DROPPED, ENDED, Endpointer, NOTHING, STARTED, type EndpointerOptions } from './endpointer.js'
import { RecentSamples } from './recent-samples.js'
import { SampleFifo } from './sample-fifo.js'
import { Utterance } from './utterance.js'

export const RATE_HZ = 16_000
const SAMPLES_PER_MS = RATE_HZ / 1000
const WINDOW_MS = WINDOW_SAMPLES / SAMPLES_PER_MS
/** A device that stalled sends up to 40 frames at once: 4 s leave room for live ones after them. */
const FIFO_SAMPLES = 4 * RATE_HZ
/** Longest Opus packet: 120 ms. */
const MAX_PACKET_SAMPLES = 120 * SAMPLES_PER_MS
/** SILK, wideband, 60 ms, mono, nothing in it: what the firmware sends in silence. */
const SILK_60_MS_TOC = 0x58
/** Leaves out of a TOC byte how many frames follow; then it stands for one. */
const ONE_FRAME_MASK = 0xfc

export interface HearingOptions extends EndpointerOptions { readonly preRollMs: number }

/** What a seat's hearing reports; called from within the voice loop's pass. */
export interface HearingSink {
  onSpeechStarted (): void
  onEndpoint (endpoint: Endpoint): void
}

const decoded = new Int16Array(MAX_PACKET_SAMPLES)
const window = new Int16Array(WINDOW_SAMPLES)
const past = new Int16Array(WINDOW_SAMPLES)
const tocOnly = new Uint8Array(1)

/**
 * The uplink half of a seat: packets become samples, samples become windows of 512, windows are
 * judged (by the loop, in batches) and cut into utterances. Its clock is the number of samples.
 */
export class Hearing {
  readonly stream = new VadStream()
  readonly #decoder: OpusDecoder
  readonly #fifo = new SampleFifo(FIFO_SAMPLES)
  readonly #preRoll: RecentSamples
  readonly #maxSamples: number
  readonly #endpointer: Endpointer
  readonly #utterance: Utterance
  readonly #sink: HearingSink
  #isListening = false
  #isManual = false
  /** Was the sink told that the open utterance is speech? Then it must hear of the end, too. */
  #isTold = false
  #clock = 0
  #utterances = 0
  #toc = SILK_60_MS_TOC
  #framesPerPacket = 1

  constructor (decoder: OpusDecoder, arena: UtteranceArena, options: HearingOptions, sink: HearingSink) {
    this.#decoder = decoder
    this.#preRoll = new RecentSamples(options.preRollMs * SAMPLES_PER_MS)
    this.#maxSamples = options.maxUtteranceMs * SAMPLES_PER_MS
    this.#endpointer = new Endpointer(options, WINDOW_MS)
    this.#utterance = new Utterance(arena)
    this.#sink = sink
  }

  /** Might the next packet find no room? Its windows must be judged first, or audio is lost. */
  get isFull (): boolean { return this.#fifo.room < MAX_PACKET_SAMPLES }

  /** Is there a window for the next batch? */
  get hasWindow (): boolean { return this.#isListening && !this.#isManual && this.#fifo.length >= WINDOW_SAMPLES }

  /** A new device took the seat. */
  reset (): void {
    this.stop()
    this.#decoder.reset()
    this.#clock = 0
    this.#utterances = 0
    this.#toc = SILK_60_MS_TOC
    this.#framesPerPacket = 1
  }

  /** Hears from here on. In manual mode the device alone says when the utterance is over. */
  start (isManual: boolean): void {
    this.stop()
    this.#decoder.reset() // the device begins with a fresh encoder
    this.#isListening = true
    this.#isManual = isManual
    if (isManual) this.#utterance.open(this.#clock)
  }

  stop (): void {
    this.#isListening = false
    this.#isTold = false
    this.#fifo.clear()
    this.#preRoll.clear()
    this.#utterance.discard()
    this.#endpointer.reset()
    this.stream.reset()
  }

  /**
   * Takes one packet. An empty one counts as a frame of silence, a malformed one is concealed.
   * @returns false when the packet was malformed
   */
  acceptPacket (packet: Uint8Array, length: number): boolean {
    if (!this.#isListening) return true
    if (length === 0) { this.conceal(1); return true }
    const packetMs = opusPacketMs(packet, length)
    const samples = packetMs > 0 ? this.#decoder.decode(packet, length, decoded) : -1
    if (samples < 0) { this.conceal(1); return false }
    this.#toc = packet[0]! & ONE_FRAME_MASK
    tocOnly[0] = this.#toc
    this.#framesPerPacket = packetMs / opusPacketMs(tocOnly, 1)
    this.#accept(samples)
    return true
  }

  /** Makes up for lost packets, so that the clock stays right; the decoder fades what it knew. */
  conceal (packets: number): void {
    if (!this.#isListening) return
    for (let frame = packets * this.#framesPerPacket; frame > 0; frame--) {
      tocOnly[0] = this.#toc
      const samples = this.#decoder.decode(tocOnly, 1, decoded)
      this.#accept(samples < 0 ? 0 : samples)
    }
  }

  /** Puts the next window where the model reads it. */
  loadWindow (): void {
    this.#fifo.shift(window, WINDOW_SAMPLES)
    for (let at = 0; at < WINDOW_SAMPLES; at++) this.stream.window[at] = window[at]! / 32_768
  }

  /** Draws the conclusions from the window that was judged last. */
  judgeWindow (): void {
    for (let at = 0; at < WINDOW_SAMPLES; at++) window[at] = this.stream.window[at]! * 32_768
    this.#clock += WINDOW_SAMPLES
    const event = this.#endpointer.push(this.stream.probability)
    const begins = event === BEGAN || (event === STARTED && !this.#utterance.isOpen)
    const isKept = (!begins || this.#openWithPreRoll()) && this.#append(WINDOW_SAMPLES)
    this.#preRoll.push(window, WINDOW_SAMPLES)
    if (!isKept || event === NOTHING || event === BEGAN) return
    if (event === STARTED) this.#tellStart()
    else if (event === DROPPED) this.#utterance.discard()
    else if (event === ENDED) this.#close(ENDED_BY_SILENCE)
    else if (event === CUT) this.#cut(ENDED_BY_LENGTH)
  }

  /** Ends an open utterance for a reason outside of the audio; all windows must be judged. */
  finish (reason: number): void {
    if (!this.#isListening) return
    const rest = this.#fifo.length
    if (rest > 0 && this.#utterance.isOpen) {
      this.#fifo.shift(window, rest)
      this.#clock += rest
      this.#append(rest)
      this.#preRoll.clear() // it lacks the rest
    }
    if (this.#isManual ? this.#utterance.samples > 0 : this.#isTold) this.#close(reason)
    else this.#utterance.discard()
  }

  #tellStart (): void {
    this.#isTold = true
    this.#sink.onSpeechStarted()
  }

  #accept (samples: number): void {
    if (!this.#isManual) {
      this.#fifo.push(decoded, samples)
      return
    }
    // Cut before and not after the last packet that fits: something must be left to end with.
    if (this.#utterance.isOpen && this.#utterance.samples >= this.#maxSamples) this.#cut(ENDED_BY_LENGTH)
    this.#clock += samples
    for (let at = 0; at < samples && this.#utterance.isOpen; at += WINDOW_SAMPLES) {
      const count = Math.min(WINDOW_SAMPLES, samples - at)
      for (let i = 0; i < count; i++) window[i] = decoded[at + i]!
      this.#append(count)
    }
  }

  /** @returns false when the arena was full, and then the utterance is over */
  #append (count: number): boolean {
    if (!this.#utterance.isOpen || this.#utterance.append(window, count)) return true
    this.#endForMemory()
    return false
  }

  /** What was heard so far goes to the recogniser, who frees pages; a mere onset is forgotten. */
  #endForMemory (): void {
    if (this.#isManual || this.#isTold) {
      this.#close(ENDED_BY_MEMORY)
    } else {
      this.#utterance.discard()
      this.#endpointer.reset()
    }
  }

  #openWithPreRoll (): boolean {
    const before = this.#preRoll.length
    this.#utterance.open(this.#clock - WINDOW_SAMPLES - before)
    for (let at = 0; at < before; at += WINDOW_SAMPLES) {
      const count = Math.min(WINDOW_SAMPLES, before - at)
      this.#preRoll.copy(at, count, past)
      if (this.#utterance.append(past, count)) continue
      this.#utterance.discard() // nobody was told of it yet
      this.#endpointer.reset()
      return false
    }
    return true
  }

  #close (reason: number): void {
    const silence = this.#isManual ? 0 : this.#endpointer.silenceMs * SAMPLES_PER_MS
    this.#sink.onEndpoint(this.#utterance.close(++this.#utterances, reason, silence))
    this.#isTold = false
    this.#endpointer.reset()
    this.#preRoll.clear() // no sample belongs to two utterances
  }

  #cut (reason: number): void {
    this.#sink.onEndpoint(this.#utterance.close(++this.#utterances, reason, 0))
    this.#utterance.open(this.#clock)
  }
}
