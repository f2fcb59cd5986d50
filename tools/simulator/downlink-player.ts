import type { Deadline, DeadlineClock } from './deadline-clock.js'
import { openDecoder, packetDurationMs, type PacketDecoder } from './opus-codec.js'
import type { DownlinkFrame } from './frame-codec.js'

/** What was heard and what was lost; without decoding there are no samples. */
export interface PlayerEvents {
  onPlayed (atMs: number, samples: Int16Array | undefined, durationMs: number): void
  onGap (atMs: number, gapMs: number): void
  onOverflow (): void
  onMalformed (): void
  onDrained (atMs: number): void
}

export interface PlayerOptions {
  /** Else packets are only measured by their header, and nothing is heard. */
  readonly decodes: boolean
  /** Keeps the timestamps of played frames for the uplink: server-side echo cancellation. */
  readonly echoes: boolean
}

const DECODE_QUEUE_PACKETS = 40
// Two in the playback queue and one that the output task holds while the DMA buffer (60 ms) plays.
const DECODED_FRAMES = 3
// With any other rate or duration the decoder cannot be opened: total silence.
const ALLOWED_RATES_HZ = [8000, 12000, 16000, 24000, 48000]
const ALLOWED_FRAMES_MS = [5, 10, 20, 40, 60, 80, 100, 120]
// More timestamps than this waiting for uplink frames to echo them: the frame carries 0.
const ECHO_TIMESTAMPS = 3

interface DecodedFrame { readonly samples: Int16Array | undefined, readonly durationMs: number, readonly timestamp: number }

/**
 *     [speaking?] → 40 packets, newest dropped → decoder → 2 decoded → 1 in output → speaker
 *
 * There is no pre-buffering: the first frame plays at once, and a frame that is not there in time
 * is silence. The speaker's clock is absolute while frames follow each other and starts anew after
 * a gap.
 */
export class DownlinkPlayer implements Deadline {
  dueMs = 0
  readonly #clock: DeadlineClock
  readonly #events: PlayerEvents
  readonly #options: PlayerOptions
  readonly #packets: DownlinkFrame[] = []
  readonly #decoded: DecodedFrame[] = []
  readonly #echo: number[] = []
  #decoder: PacketDecoder | undefined
  #sampleRate = 24000
  #frameMs = 60
  #isPlaying = false
  #playingTimestamp = 0
  #silentSinceMs = 0

  constructor (clock: DeadlineClock, events: PlayerEvents, options: PlayerOptions) {
    this.#clock = clock
    this.#events = events
    this.#options = options
  }

  get sampleRate (): number { return this.#sampleRate }
  get frameMs (): number { return this.#frameMs }
  get isDrained (): boolean { return !this.#isPlaying }
  /** Milliseconds still to be heard, give or take the frame that is playing. */
  get bufferedMs (): number {
    const waiting = (this.#packets.length + this.#decoded.length) * this.#frameMs
    return this.#isPlaying ? waiting + Math.max(0, this.dueMs - this.#clock.now()) : waiting
  }

  /** Rate and duration of the server's hello; what it leaves out stays as it was. */
  configure (sampleRate: number | undefined, frameMs: number | undefined): void {
    if (sampleRate !== undefined) this.#sampleRate = sampleRate
    if (frameMs !== undefined) this.#frameMs = frameMs
    this.#decoder = undefined
  }

  push (frame: DownlinkFrame): void {
    if (this.#packets.length >= DECODE_QUEUE_PACKETS) {
      this.#events.onOverflow()
      return
    }
    this.#packets.push(frame)
    this.#decodeAhead()
    if (!this.#isPlaying) this.#startPlaying()
  }

  /**
   * Resets the decoder and returns how many frames were thrown away; what the speaker holds plays
   * on.
   */
  clear (): number {
    const lost = this.#packets.length + this.#decoded.length
    this.#packets.length = 0
    this.#decoded.length = 0
    this.#echo.length = 0
    this.#decoder = undefined
    return lost
  }

  /** What the next uplink frame echoes: the timestamp of a frame that has been heard, or 0. */
  takeEchoTimestamp (): number {
    const timestamp = this.#echo.shift()
    if (timestamp === undefined) return 0
    return this.#echo.length >= ECHO_TIMESTAMPS ? 0 : timestamp
  }

  stop (): void {
    this.clear()
    this.#clock.remove(this)
    this.#isPlaying = false
  }

  /** The frame in the speaker is over. */
  run (): void {
    if (this.#options.echoes && this.#playingTimestamp > 0) this.#echo.push(this.#playingTimestamp)
    const next = this.#decoded.shift()
    if (next === undefined) {
      this.#isPlaying = false
      this.#silentSinceMs = this.dueMs
      this.#events.onDrained(this.dueMs)
      return
    }
    this.#play(next, this.dueMs)
    this.#decodeAhead()
  }

  #startPlaying (): void {
    const first = this.#decoded.shift()
    if (first === undefined) return
    const now = this.#clock.now()
    this.#isPlaying = true
    this.#events.onGap(now, now - this.#silentSinceMs)
    this.#play(first, now)
    this.#decodeAhead()
  }

  #play (frame: DecodedFrame, atMs: number): void {
    this.#playingTimestamp = frame.timestamp
    this.#events.onPlayed(atMs, frame.samples, frame.durationMs)
    this.dueMs = atMs + frame.durationMs
    this.#clock.add(this)
  }

  #decodeAhead (): void {
    while (this.#decoded.length < DECODED_FRAMES) {
      const packet = this.#packets.shift()
      if (packet === undefined) return
      const frame = this.#decode(packet)
      if (frame === undefined) this.#events.onMalformed()
      else this.#decoded.push(frame)
    }
  }

  // A packet longer than announced does not fit the output buffer of the device and is dropped.
  #decode ({ payload, timestamp }: DownlinkFrame): DecodedFrame | undefined {
    if (!ALLOWED_RATES_HZ.includes(this.#sampleRate) || !ALLOWED_FRAMES_MS.includes(this.#frameMs)) return undefined
    if (payload.length === 0) return undefined
    if (!this.#options.decodes) {
      const durationMs = packetDurationMs(payload)
      return durationMs > this.#frameMs || durationMs === 0 ? undefined : { samples: undefined, durationMs, timestamp }
    }
    this.#decoder ??= openDecoder(this.#sampleRate)
    try {
      const samples = this.#decoder.decode(payload)
      const durationMs = samples.length * 1000 / this.#sampleRate
      return durationMs > this.#frameMs || durationMs === 0 ? undefined : { samples, durationMs, timestamp }
    } catch {
      return undefined
    }
  }
}
