import type { Log } from '../core/log.js'
import { turnStages, waterfallOf, type HeardTimes, type Waterfall } from '../core/turn-stages.js'
import { microsecondsOf } from '../ring/microseconds.js'
import {
  STAMP_FIRST_AUDIO, STAMP_FIRST_TOKEN, STAMP_MODEL_REQUEST, STAMP_PACKET, STAMP_PCM, STAMP_SENTENCE, STAMP_VOICE_REQUEST, type SlotTable
} from '../ring/slot-table.js'
import type { Clock } from './playout-clock.js'
import type { SendResult } from './ports.js'
import type { TurnStats } from './turn-stats.js'

export interface TurnWatchParts {
  readonly clock: Pick<Clock, 'now'>
  readonly slots: SlotTable
  readonly turnStats: TurnStats
  readonly log: Log
}

//   off --- an answer to words begins ---> asked --- a packet comes from voice ---> voiced
//    ^                                       |                                        |
//    +---- the next turn; the first frame ---+------ the first frame (measured) ------+

/**
 * Measures the turns of one session that begin with an utterance, from its end to the first audio.
 * What is cut before that, prompts and announcements are not measured: they lack a stamp, or their
 * stamps are those of another turn.
 */
export class TurnWatch {
  readonly #parts: TurnWatchParts
  /** Of the words that are being told right now, or were told last. */
  #told: HeardTimes | undefined
  #wordsAt = 0
  /** Of the words that are being answered. */
  #heard: HeardTimes | undefined
  #phase: 'off' | 'asked' | 'voiced' = 'off'
  #slot = 0
  #epoch = 0
  #frameAt = 0

  constructor (parts: TurnWatchParts) {
    this.#parts = parts
  }

  /** Does what the words of an utterance bring about; a turn that it begins is their answer. */
  during (heard: HeardTimes | undefined, act: () => void): void {
    this.#told = heard
    this.#wordsAt = this.#now()
    try {
      act()
    } finally {
      this.#told = undefined
    }
  }

  /** A question is about to be asked in the turn of that slot. */
  begin (slot: number): void {
    this.#heard = this.#told
    if (this.#heard === undefined) return
    this.#phase = 'asked'
    this.#slot = slot
    this.#epoch = this.#parts.slots.epoch(slot)
  }

  /** Another turn begins. */
  stop (): void { this.#phase = 'off' }

  /** A packet came from voice. */
  onFrame (): void {
    if (this.#phase !== 'asked') return
    this.#phase = 'voiced'
    this.#frameAt = this.#now()
  }

  /** A packet was handed to the socket. @returns what became of it */
  sent (result: SendResult): SendResult {
    if (this.#phase === 'off') return result
    if (this.#phase === 'voiced' && result !== 'dropped') this.#measure()
    this.#phase = 'off'
    return result
  }

  #measure (): void {
    const heard = this.#heard!
    const waterfall = waterfallOf({
      arrival: heard.arrivalAt,
      verdict: heard.verdictAt,
      endpoint: heard.takenAt,
      recognitionBegun: heard.begunAt,
      recognised: heard.endedAt,
      words: this.#wordsAt,
      modelRequest: this.#stamp(STAMP_MODEL_REQUEST),
      firstToken: this.#stamp(STAMP_FIRST_TOKEN),
      sentence: this.#stamp(STAMP_SENTENCE),
      voiceRequest: this.#stamp(STAMP_VOICE_REQUEST),
      firstAudio: this.#stamp(STAMP_FIRST_AUDIO),
      pcm: this.#stamp(STAMP_PCM),
      packet: this.#stamp(STAMP_PACKET),
      frame: this.#frameAt,
      sent: this.#now()
    })
    if (waterfall === undefined) return
    this.#parts.turnStats.add(waterfall, heard.isGuess)
    this.#parts.log.debug('where the time of an answer went, in ms', describe(waterfall))
  }

  #stamp (stamp: number): number { return this.#parts.slots.stampOf(this.#slot, this.#epoch, stamp) }
  #now (): number { return microsecondsOf(this.#parts.clock.now()) }
}

function describe ({ totalUs, addedUs, providerUs, stagesUs }: Waterfall) {
  const stages = Object.fromEntries(turnStages.map(({ name }, at) => [name, stagesUs[at]! / 1000]))
  return { total: totalUs / 1000, added: addedUs / 1000, provider: providerUs / 1000, stages }
}
