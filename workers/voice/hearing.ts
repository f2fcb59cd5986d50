// hot path
import type { OpusDecoder } from '../../native-bindings/opus.js'
import { VadStream, WINDOW_SAMPLES } from '../../native-bindings/silero-vad.js'
import { ENDED_BY_AGREEMENT, ENDED_BY_LENGTH, ENDED_BY_MEMORY, ENDED_BY_SILENCE } from '../../src/ring/endpoint.js'
import { microsecondsSince } from '../../src/ring/microseconds.js'
import type { UtteranceArena } from '../../src/ring/utterance-arena.js'
import type { VoiceCounters } from '../../src/ring/voice-counters.js'
import { ArrivalLog } from './arrival-log.js'
import { BargeIn } from './barge-in.js'
import type { EchoDetector } from './echo-detector.js'
import { BEGAN, CUT, DROPPED, ENDED, Endpointer, NOTHING, STARTED } from './endpointer.js'
import { EnergyGate, meanSquareOf } from './energy-gate.js'
import { PacketDecoder } from './packet-decoder.js'
import { RecentSamples } from './recent-samples.js'
import { SampleFifo } from './sample-fifo.js'
import type { HearingOptions } from './hearing-options.js'
import { nobody, type HearingSink } from './types.js'
import { Utterance } from './utterance.js'

export const RATE_HZ = 16_000
const SAMPLES_PER_MS = RATE_HZ / 1000
const WINDOW_MS = WINDOW_SAMPLES / SAMPLES_PER_MS
const MAX_PACKET_SAMPLES = PacketDecoder.maxSamples(SAMPLES_PER_MS)
/** Windows that a closed gate holds back: what the model sees first when it opens (320 ms). */
const HELD_WINDOWS = 10
/** Those, one that is not complete, and a packet; rounded up to 8,192 samples. */
const FIFO_SAMPLES = (HELD_WINDOWS + 1) * WINDOW_SAMPLES + MAX_PACKET_SAMPLES

const decoded = new Int16Array(MAX_PACKET_SAMPLES)
const window = new Int16Array(WINDOW_SAMPLES)
const past = new Int16Array(WINDOW_SAMPLES)

/**
 * The uplink half of a seat: packets become samples, samples become windows of 512, windows are
 * judged (by the loop, in batches) and cut into utterances. Its clock is the number of samples.
 * Windows of plain quiet pass by the model; the last of them wait until nothing louder follows.
 */
export class Hearing {
  readonly stream = new VadStream()
  readonly #bargeIn: BargeIn
  readonly #decoder: PacketDecoder
  readonly #fifo = new SampleFifo(FIFO_SAMPLES)
  readonly #preRoll: RecentSamples
  readonly #maxSamples: number
  readonly #endpointer: Endpointer
  readonly #utterance: Utterance
  readonly #gate: EnergyGate
  readonly #arrivals = new ArrivalLog()
  readonly #counters: VoiceCounters
  readonly #pauseMs: number
  #sink = nobody
  /** Windows at the head of the queue that the closed gate has looked at. */
  #heldWindows = 0
  #isPauseTold = false
  /** Samples before which nobody asks how long they waited: the gate held them back. */
  #unmeasuredUntil = 0
  #isListening = false
  #isManual = false
  /** Was the sink told that the open utterance is speech? Then it must hear of the end, too. */
  #isTold = false
  #clock = 0
  #utterances = 0

  constructor (decoder: OpusDecoder, arena: UtteranceArena, options: HearingOptions, counters: VoiceCounters) {
    this.#decoder = new PacketDecoder(decoder, SAMPLES_PER_MS)
    this.#preRoll = new RecentSamples(options.preRollMs * SAMPLES_PER_MS)
    this.#maxSamples = options.maxUtteranceMs * SAMPLES_PER_MS
    this.#endpointer = new Endpointer(options, WINDOW_MS)
    this.#utterance = new Utterance(arena)
    this.#gate = new EnergyGate(options, WINDOW_MS)
    this.#pauseMs = options.pauseMs
    this.#bargeIn = new BargeIn(options.bargeInMs)
    this.#counters = counters
  }

  /** Might the next packet find no room? Its windows must be judged first, or audio is lost. */
  get isFull (): boolean { return this.#fifo.room < MAX_PACKET_SAMPLES }

  /** Is there a window for the next batch? */
  get hasWindow (): boolean {
    return this.#isListening && !this.#isManual && this.#gate.isOpen && this.#fifo.length >= WINDOW_SAMPLES
  }

  /** Samples that wait to be judged: after the gate has opened, also what it held back. */
  get waiting (): number { return this.#fifo.length }

  /** Might the windows at hand end an utterance? */
  get isUrgent (): boolean { return this.#endpointer.mayEndWithin(this.#fifo.length / SAMPLES_PER_MS) }

  /** Another device is heard from here on, for `sink`. */
  reset (sink: HearingSink): void {
    this.#utterance.tap = sink.tap ?? null // first: the tap of the last device is that of another ear by now
    this.stop()
    this.#sink = sink
    this.#decoder.reset()
    this.#clock = this.#utterances = 0
  }

  /** A recogniser takes the open utterance for ended; that is said of its first `samples`. */
  agree (samples: number): void {
    if (this.#isTold && samples >= this.#utterance.samples - this.#endpointer.silenceMs * SAMPLES_PER_MS) this.#endpointer.agree()
  }

  /** Hears from here on. In manual mode the device alone says when the utterance is over. */
  start (isManual: boolean): void {
    this.stop()
    this.#decoder.restart()
    this.#isListening = true
    this.#isManual = isManual
    if (isManual) this.#utterance.open(this.#clock)
  }

  stop (): void {
    this.#isListening = false
    this.#fifo.clear()
    this.#arrivals.clear()
    this.#preRoll.clear()
    this.#utterance.discard()
    this.#endpointer.reset()
    this.#gate.reset()
    this.#heldWindows = 0
    this.#isTold = this.#isPauseTold = false
    this.#unmeasuredUntil = 0
    this.#bargeIn.echo.reset()
    this.stream.reset()
  }

  /** To be told what the device plays while it is heard. */
  get echo (): EchoDetector | null { return this.#isListening && !this.#isManual ? this.#bargeIn.echo : null }

  /**
   * Takes one packet that arrived at `time`, in µs. An empty one counts as a frame of silence, a
   * malformed one is concealed.
   * @returns false when the packet was malformed
   */
  acceptPacket (packet: Uint8Array, length: number, time: number): boolean {
    if (!this.#isListening) return true
    this.#arrivals.heardAt = time
    const samples = length === 0 ? 0 : this.#decoder.decode(packet, length, decoded, !this.#gate.isOpen && !this.#isManual)
    if (samples > 0) this.#counters.addFrame()
    if (samples > 0) this.#accept(samples)
    else this.conceal()
    this.#arrivals.add((this.#clock + this.#fifo.length) | 0, time)
    return samples >= 0
  }

  /** Makes up for a lost packet, so that the clock stays right. */
  conceal (): void {
    if (!this.#isListening) return
    this.#counters.addConcealed()
    for (let frame = this.#decoder.framesPerPacket; frame > 0; frame--) this.#accept(this.#decoder.concealFrame(decoded))
  }

  /** Puts the next window where the model reads it. */
  loadWindow (): void { this.#fifo.shift(this.stream.window, WINDOW_SAMPLES) }

  /** Draws the conclusions, at `now` in µs, from the window that was judged last. */
  judgeWindow (now: number): void {
    const { window } = this.stream
    this.#clock += WINDOW_SAMPLES
    this.#measure(now)
    const event = this.#endpointer.push(this.stream.probability)
    const begins = event === BEGAN || (event === STARTED && !this.#utterance.isOpen)
    const isKept = (!begins || this.#openWithPreRoll()) && this.#append(window, WINDOW_SAMPLES)
    this.#remember(window)
    if (isKept && event !== NOTHING && event !== BEGAN) this.#conclude(event)
    if (this.#endpointer.hasVoice) this.#bargeIn.push(WINDOW_MS, this.#isTold, this.#sink)
    if (this.#endpointer.isInSpeech) this.#watchPause()
    if (this.#gate.pass(meanSquareOf(window), this.#endpointer.isOpen)) this.#hold()
  }

  /** Ends an open utterance for a reason outside of the audio; all windows must be judged. */
  finish (reason: number, time: number): void {
    if (!this.#isListening) return
    this.#arrivals.heardAt = time
    const rest = this.#utterance.isOpen ? this.#fifo.length : 0
    if (rest > 0) {
      this.#fifo.shift(window, rest)
      this.#clock += rest
      this.#append(window, rest)
      this.#preRoll.clear() // it lacks the rest
    }
    if (this.#isManual ? this.#utterance.samples > 0 : this.#isTold) this.#close(reason, rest)
    else this.#utterance.discard()
  }

  #measure (now: number): void {
    const isKnown = this.#arrivals.find(this.#clock | 0)
    if (!isKnown) this.#arrivals.heardAt = now // it was made up for, and never arrived
    if (isKnown && this.#clock > this.#unmeasuredUntil) this.#counters.addLatency(microsecondsSince(this.#arrivals.heardAt, now))
  }

  #conclude (event: number): void {
    if (event === STARTED) {
      this.#isTold = true
      this.#sink.onSpeechStarted()
    } else if (event === DROPPED) this.#utterance.discard()
    else if (event === ENDED) this.#close(this.#endpointer.isEarly ? ENDED_BY_AGREEMENT : ENDED_BY_SILENCE)
    else if (event === CUT) this.#cut(ENDED_BY_LENGTH)
  }

  #watchPause (): void {
    const { silenceMs } = this.#endpointer
    if (silenceMs === 0) this.#isPauseTold = false
    if (this.#isPauseTold || this.#pauseMs === 0 || silenceMs < this.#pauseMs || !this.#isTold) return
    this.#isPauseTold = true
    this.#sink.onPause(this.#utterance.snapshot(this.#utterances + 1, ENDED_BY_SILENCE, silenceMs * SAMPLES_PER_MS))
  }

  /** The gate is closed: looks at what waits, lets go of the oldest, opens at the first sound. */
  #hold (): void {
    while (!this.#gate.isOpen && this.#fifo.length >= (this.#heldWindows + 1) * WINDOW_SAMPLES) {
      if (this.#fifo.meanSquare(this.#heldWindows * WINDOW_SAMPLES, WINDOW_SAMPLES) >= this.#gate.threshold) this.#release()
      else if (this.#heldWindows < HELD_WINDOWS) this.#heldWindows++
      else this.#skipWindow()
    }
  }

  /** What the model remembers is half a second old: it begins anew with what was held back. */
  #release (): void {
    this.#unmeasuredUntil = this.#clock + this.#heldWindows * WINDOW_SAMPLES
    this.#heldWindows = 0
    this.#gate.open()
    this.stream.reset()
  }

  #skipWindow (): void {
    this.#fifo.shift(window, WINDOW_SAMPLES)
    this.#clock += WINDOW_SAMPLES
    this.#remember(window)
    this.#counters.addSkippedWindow()
  }

  #remember (heard: Int16Array): void {
    this.#preRoll.push(heard, WINDOW_SAMPLES)
    this.#bargeIn.echo.hear(heard, WINDOW_SAMPLES, RATE_HZ)
  }

  #accept (samples: number): void {
    if (!this.#isManual) {
      this.#fifo.push(decoded, samples)
      if (!this.#gate.isOpen) this.#hold()
      return
    }
    // Cut before and not after the last packet that fits: something must be left to end with.
    if (this.#utterance.isOpen && this.#utterance.samples >= this.#maxSamples) this.#cut(ENDED_BY_LENGTH)
    this.#clock += samples
    for (let at = 0; at < samples && this.#utterance.isOpen; at += WINDOW_SAMPLES) {
      const count = Math.min(WINDOW_SAMPLES, samples - at)
      for (let i = 0; i < count; i++) window[i] = decoded[at + i]!
      this.#append(window, count)
    }
  }

  /** @returns false when the arena was full, and then the utterance is over */
  #append (samples: Int16Array, count: number): boolean {
    if (!this.#utterance.isOpen || this.#utterance.append(samples, count)) return true
    this.#endForMemory()
    return false
  }

  /** What was heard so far goes to the recogniser, who frees pages; a mere onset is forgotten. */
  #endForMemory (): void {
    if (this.#isManual || this.#isTold) this.#close(ENDED_BY_MEMORY)
    else {
      this.#utterance.discard()
      this.#endpointer.reset()
    }
  }

  #openWithPreRoll (): boolean {
    this.#bargeIn.begin()
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

  /** @param rest samples at its end that were too few to be judged */
  #close (reason: number, rest = 0): void {
    const { silenceMs } = this.#endpointer
    const silence = this.#isManual || silenceMs === 0 ? 0 : silenceMs * SAMPLES_PER_MS + rest
    this.#sink.onEndpoint(this.#utterance.close(++this.#utterances, reason, silence), this.#arrivals.heardAt)
    this.#isTold = this.#isPauseTold = false
    this.#endpointer.reset()
    this.#preRoll.clear() // no sample belongs to two utterances
  }

  #cut (reason: number): void {
    this.#sink.onEndpoint(this.#utterance.close(++this.#utterances, reason, 0), this.#arrivals.heardAt)
    this.#utterance.open(this.#clock)
  }
}
