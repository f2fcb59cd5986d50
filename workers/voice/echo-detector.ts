// hot path
import { LevelTrack } from './level-track.js'

/** How much of what was heard is compared, in levels of 10 ms. */
const COMPARED = 100
const HEARD_LEVELS = 128
const PLAYED_LEVELS = 256
/** What was encoded is heard this much later at most: lead, the device's buffer, the network. */
const MOST_DELAY = 130
/** What the device goes on to play when no more is encoded ends; its echo ends a little later. */
const BEYOND = 30
/**
 * Correlation from which it is an echo. Of speech over other speech one second rarely reaches it,
 * echoes hardly ever miss it (docs/decisions/013-interrupting.md).
 */
const SAME = 0.85
/** Where a second has hardly any ups and downs (about 3 dB), nothing can be told from them. */
const LEAST_VARIANCE = 36

const heardLevels = new Uint8Array(COMPARED)
const playedLevels = new Uint8Array(PLAYED_LEVELS + BEYOND) // behind the newest: silence

/**
 * Is what the microphone hears the answer that the device plays? Compares how loudness goes up and
 * down over the last second with that of the answer, at every delay that may be. Loudness survives
 * a small speaker, a room and two codecs, and how late the device plays need not be known.
 */
export class EchoDetector {
  readonly #heard = new LevelTrack(HEARD_LEVELS)
  readonly #played = new LevelTrack(PLAYED_LEVELS)
  #hasPlayed = false

  reset (): void { this.beginAnswer() }

  /** Nothing was played before what comes. */
  beginAnswer (): void {
    if (this.#hasPlayed) this.#played.clear()
    this.#hasPlayed = false
  }

  /** What is heard while nothing was played is nobody's echo. */
  hear (pcm: Int16Array, count: number, rateHz: number): void {
    if (this.#hasPlayed) this.#heard.push(pcm, count, rateHz)
  }

  play (pcm: Int16Array, rateHz: number): void {
    if (!this.#hasPlayed) this.#heard.clear()
    this.#hasPlayed = true
    this.#played.push(pcm, pcm.length, rateHz)
  }

  isEcho (): boolean {
    if (!this.#hasPlayed) return false
    this.#heard.copy(COMPARED, heardLevels, 0)
    this.#played.copy(PLAYED_LEVELS, playedLevels, 0)
    let sum = 0
    let squares = 0
    for (let at = 0; at < COMPARED; at++) {
      const level = heardLevels[at]!
      sum += level
      squares += level * level
    }
    const variance = COMPARED * squares - sum * sum
    if (variance < LEAST_VARIANCE * COMPARED * COMPARED) return false
    for (let end = PLAYED_LEVELS - MOST_DELAY; end <= PLAYED_LEVELS + BEYOND; end++) {
      if (isAlike(end - COMPARED, sum, variance)) return true
    }
    return false
  }
}

/** Pearson's correlation of what was heard and what was played from `from` on, against `SAME`. */
function isAlike (from: number, heardSum: number, heardVariance: number): boolean {
  let sum = 0
  let squares = 0
  let products = 0
  for (let at = 0; at < COMPARED; at++) {
    const level = playedLevels[from + at]!
    sum += level
    squares += level * level
    products += level * heardLevels[at]!
  }
  const variance = COMPARED * squares - sum * sum
  if (variance < LEAST_VARIANCE * COMPARED * COMPARED) return false
  const covariance = COMPARED * products - heardSum * sum
  return covariance > 0 && covariance * covariance >= SAME * SAME * heardVariance * variance
}
