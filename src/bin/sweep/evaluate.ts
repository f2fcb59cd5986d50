import { RATE_HZ } from '../../../workers/voice/hearing.js'
import { ENDED_BY_AGREEMENT, ENDED_BY_SILENCE } from '../../ring/endpoint.js'
import { ENDPOINT, SPEECH_STARTED } from '../../ring/layout.js'
import type { Output } from '../replay/rehear.js'

const SAMPLES_PER_MS = RATE_HZ / 1000

/** Settings of the end of speech. */
export interface EndpointSettings { readonly endSilenceMs: number, readonly speechThreshold: number }

/** What comes of settings over recordings. */
export interface Evaluation {
  /** Utterances that were ended by silence. */
  readonly utterances: number
  /** Those of them after which the speaker went on: somebody was cut off. */
  readonly cutOffs: number
  /** Speech that was not over by then when the device was told to hear no more. */
  readonly unended: number
  /** From the end of speech to the decision, for each utterance, in ms. */
  readonly waitingMs: readonly number[]
}

interface Limits {
  /** Speech that begins so soon after an end belongs to what was said before. */
  readonly withinMs: number
  /** So long before speech was noticed an utterance begins. */
  readonly preRollMs: number
}

/** Counts what users notice in what a hearing told of one recording. */
export function evaluate (outputs: readonly Output[], { withinMs, preRollMs }: Limits): Evaluation {
  const waitingMs: number[] = []
  let cutOffs = 0
  let unended = 0
  let isOpen = false
  /** Sample after the utterance before, while the device still hears. */
  let endedAt = -Infinity
  for (const output of outputs) {
    if (output.kind === 'stopped') {
      if (isOpen) unended++
      isOpen = false
      endedAt = -Infinity
    }
    if (output.kind !== 'told') continue
    if (output.what === SPEECH_STARTED) isOpen = true
    if (output.what !== ENDPOINT || output.endpoint === undefined) continue
    const [, start, end, speechEnd, reason] = output.endpoint as [number, number, number, number, number]
    isOpen = false
    // What was noticed within that time has as much of its pre-roll as there was since.
    if (start - endedAt < Math.max(0, withinMs - preRollMs) * SAMPLES_PER_MS) cutOffs++
    const isBySilence = reason === ENDED_BY_SILENCE || reason === ENDED_BY_AGREEMENT
    endedAt = isBySilence ? end : -Infinity
    if (isBySilence) waitingMs.push((end - speechEnd) / SAMPLES_PER_MS)
  }
  return { utterances: waitingMs.length, cutOffs, unended, waitingMs }
}

export function addUp (all: readonly Evaluation[]): Evaluation {
  const sum = (read: (one: Evaluation) => number): number => all.reduce((total, one) => total + read(one), 0)
  return {
    utterances: sum(({ utterances }) => utterances),
    cutOffs: sum(({ cutOffs }) => cutOffs),
    unended: sum(({ unended }) => unended),
    waitingMs: all.flatMap(({ waitingMs }) => waitingMs)
  }
}

/** One line of a sweep. */
export interface Trial extends EndpointSettings, Omit<Evaluation, 'waitingMs'> {
  /** NaN where no utterance ended by silence. */
  readonly medianMs: number
  readonly p90Ms: number
}

export function makeTrial (settings: EndpointSettings, { waitingMs, ...counts }: Evaluation): Trial {
  const sorted = [...waitingMs].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { ...settings, ...counts, medianMs: at(0.5), p90Ms: at(0.9) }
}

/** Those than which no other interrupts less without waiting longer, nor the other way round. */
export function bestOf (trials: readonly Trial[]): Trial[] {
  const harm = ({ cutOffs, unended }: Trial): number => cutOffs + unended
  return trials.filter(trial => trial.utterances > 0 && !trials.some(other => {
    const isNoWorse = harm(other) <= harm(trial) && other.medianMs <= trial.medianMs
    return isNoWorse && (harm(other) < harm(trial) || other.medianMs < trial.medianMs)
  }))
}
