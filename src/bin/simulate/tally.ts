import { countWordErrors } from '../../../tools/simulator/word-error-rate.js'
import type { FleetClip } from './clips.js'
import { countLateFrames, type FleetTurn } from './fleet-turn.js'
import { Samples, type Percentiles } from './samples.js'
import type { FleetSink } from './fleet-device.js'

/** A transcript that is not what was said. */
export interface WrongTranscript {
  readonly device: number
  readonly turn: number
  readonly clip: string
  readonly said: string
  readonly heard: string
}

export interface FleetFigures {
  readonly turns: {
    readonly total: number
    readonly answered: number
    readonly unanswered: number
    readonly cut: number
    readonly interrupted: number
    readonly delayed: number
    readonly missed: number
    readonly unasked: number
    readonly questionsCut: number
  }
  readonly firstAudioMs: Percentiles
  readonly transcriptMs: Percentiles
  readonly answerMs: Percentiles
  readonly bargeIn: { readonly stopMs: Percentiles, readonly lastFrameMs: Percentiles }
  readonly frames: {
    readonly received: number
    readonly late: number
    readonly underruns: number
    readonly underrunShare: number
    readonly underrunMs: number
    readonly lostBeforeSpeaking: number
    readonly lostAfterSpeaking: number
    readonly overflow: number
    readonly malformed: number
  }
  readonly transcripts: {
    readonly compared: number
    readonly wrong: number
    readonly words: number
    readonly wordErrors: number
    readonly examples: readonly WrongTranscript[]
  }
  readonly connectionErrors: { readonly count: number, readonly reasons: Readonly<Record<string, number>> }
}

const KEEP_EXAMPLES = 10
const KEEP_REASONS = 20

/** Adds up what the devices saw. */
export class Tally implements FleetSink {
  readonly #wordsOf: (clip: FleetClip) => string | undefined
  readonly #turns = { total: 0, answered: 0, unanswered: 0, cut: 0, interrupted: 0, delayed: 0, missed: 0, unasked: 0, questionsCut: 0 }
  readonly #frames = {
    received: 0, late: 0, underruns: 0, underrunMs: 0, lostBeforeSpeaking: 0, lostAfterSpeaking: 0, overflow: 0, malformed: 0
  }

  readonly #words = { compared: 0, wrong: 0, words: 0, wordErrors: 0 }
  readonly #firstAudio = new Samples()
  readonly #transcriptTimes = new Samples()
  readonly #answers = new Samples()
  readonly #stops = new Samples()
  readonly #lastFrames = new Samples()
  readonly #examples: WrongTranscript[] = []
  readonly #reasons = new Map<string, number>()
  #connectionErrors = 0

  /** @param wordsOf what a clip should be understood as; undefined: nobody knows */
  constructor (wordsOf: (clip: FleetClip) => string | undefined = clip => clip.text) {
    this.#wordsOf = wordsOf
  }

  get turnCount (): number { return this.#turns.total }
  get badTurns (): number { return this.#turns.unanswered + this.#turns.cut }
  get connectionErrors (): number { return this.#connectionErrors }
  get lateFrames (): number { return this.#frames.late }
  get underruns (): number { return this.#frames.underruns }
  get underrunShare (): number { return this.#frames.received === 0 ? 0 : this.#frames.underruns / this.#frames.received }
  firstAudioMs (share: number): number | null { return this.#firstAudio.percentile(share) }

  onMissed (count: number): void { this.#turns.missed += count }
  onUnasked (): void { this.#turns.unasked++ }

  onConnectionError (reason: string): void {
    this.#connectionErrors++
    const known = this.#reasons.get(reason)
    if (known !== undefined || this.#reasons.size < KEEP_REASONS) this.#reasons.set(reason, (known ?? 0) + 1)
  }

  onTurn (turn: FleetTurn): void {
    this.#turns.total++
    this.#turns[turn.outcome]++
    if (turn.isDelayed) this.#turns.delayed++
    if (turn.isQuestionCut) this.#turns.questionsCut++
    if (turn.interruptedAtMs !== undefined) this.#turns.interrupted++
    this.#countFrames(turn)
    this.#takeTimes(turn)
    this.#compare(turn)
  }

  figures (): FleetFigures {
    return {
      turns: { ...this.#turns },
      firstAudioMs: this.#firstAudio.summary(),
      transcriptMs: this.#transcriptTimes.summary(),
      answerMs: this.#answers.summary(),
      bargeIn: { stopMs: this.#stops.summary(), lastFrameMs: this.#lastFrames.summary() },
      frames: { ...this.#frames, underrunMs: Math.round(this.#frames.underrunMs), underrunShare: this.underrunShare },
      transcripts: { ...this.#words, examples: this.#examples },
      connectionErrors: { count: this.#connectionErrors, reasons: Object.fromEntries(this.#reasons) }
    }
  }

  #countFrames ({ record }: FleetTurn): void {
    if (record === undefined) return
    const frames = this.#frames
    frames.received += record.frames.count
    frames.late += countLateFrames(record.frames, record.frameMs)
    frames.underruns += record.underruns
    frames.underrunMs += record.underrunMs
    frames.lostBeforeSpeaking += record.lostBeforeSpeaking
    frames.lostAfterSpeaking += record.lostAfterSpeaking
    frames.overflow += record.overflowDrops
    frames.malformed += record.malformedFrames
  }

  #takeTimes ({ record, outcome, interruptedAtMs }: FleetTurn): void {
    if (record === undefined) return
    const { speechEndAtMs, firstFrameAtMs, sttAtMs, ttsStopAtMs, lastFrameAtMs } = record
    if (speechEndAtMs !== null && firstFrameAtMs !== null) this.#firstAudio.add(firstFrameAtMs - speechEndAtMs)
    if (speechEndAtMs !== null && sttAtMs !== null) this.#transcriptTimes.add(sttAtMs - speechEndAtMs)
    if (interruptedAtMs === undefined) {
      if (outcome === 'answered') this.#answers.add(record.frames.count * record.frameMs)
      return
    }
    if (ttsStopAtMs !== null) this.#stops.add(Math.max(0, ttsStopAtMs - interruptedAtMs))
    if (lastFrameAtMs !== null) this.#lastFrames.add(Math.max(0, lastFrameAtMs - interruptedAtMs))
  }

  // A question that got no answer has been counted; one that was cut could not be understood.
  #compare ({ device, index, clip, record, isQuestionCut }: FleetTurn): void {
    const said = this.#wordsOf(clip)
    const heard = record?.sttText
    if (said === undefined || heard == null || isQuestionCut) return
    const { errors, words } = countWordErrors(said, heard)
    this.#words.compared++
    this.#words.words += words
    this.#words.wordErrors += errors
    if (errors === 0) return
    this.#words.wrong++
    if (this.#examples.length < KEEP_EXAMPLES) this.#examples.push({ device, turn: index, clip: clip.name, said, heard })
  }
}
