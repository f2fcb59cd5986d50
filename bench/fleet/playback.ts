import { LEAD_FRAMES, notePacing } from '../bulk/pacing.js'

const MOST_FRAMES = 4096
/** From here on a frame is late (design.md, 3). */
const LATE_MS = 20

/** What a loudspeaker makes of the frames as they come. */
export interface PlaybackSink {
  onFrame (): void
  /** The loudspeaker was silent for so long in the middle of an answer. */
  onUnderrun (gapMs: number): void
  onLateness (lateMs: number, isLate: boolean): void
}

/**
 * The loudspeaker of a device that begins to play with the first frame and has no other reserve
 * than what was sent ahead. It has run empty when a frame comes after the one before was played
 * out.
 */
export class Playback {
  readonly #frameMs: number
  readonly #sink: PlaybackSink
  readonly #atMs = new Float64Array(MOST_FRAMES)
  #count = 0
  #emptyAtMs = -Infinity

  constructor (frameMs: number, sink: PlaybackSink) {
    this.#frameMs = frameMs
    this.#sink = sink
  }

  /** Frames of the present answer. */
  get frames (): number { return this.#count }
  /** When all that came will have been played. */
  get emptyAtMs (): number { return this.#emptyAtMs }

  begin (): void { this.#count = 0 }

  take (atMs: number): void {
    this.#sink.onFrame()
    if (this.#count > 0 && atMs > this.#emptyAtMs) this.#sink.onUnderrun(atMs - this.#emptyAtMs)
    this.#emptyAtMs = Math.max(this.#emptyAtMs, atMs) + this.#frameMs
    if (this.#count < MOST_FRAMES) this.#atMs[this.#count] = atMs
    this.#count++
  }

  /** The answer is over; its frames are compared with its own grid. */
  end (): void {
    const count = Math.min(this.#count, MOST_FRAMES)
    if (count <= LEAD_FRAMES) return
    notePacing({ atMs: this.#atMs, count }, this.#frameMs, (_atMs, lateMs) => {
      this.#sink.onLateness(lateMs, lateMs > LATE_MS)
    })
  }

  /** The device throws away what it has not played yet. */
  drop (): void {
    this.#count = 0
    this.#emptyAtMs = -Infinity
  }
}
