import type { FrameArrivals, TurnRecord } from '../../../tools/simulator/types.js'
import type { FleetClip } from './clips.js'

/**
 * - `answered`: audio came, and `tts stop` behind it.
 * - `cut`: an answer began and never ended.
 * - `unanswered`: no audio came.
 */
export type FleetOutcome = 'answered' | 'cut' | 'unanswered'

/** A question of the fleet and what became of it. */
export interface FleetTurn {
  readonly device: number
  readonly index: number
  readonly clip: FleetClip
  readonly outcome: FleetOutcome
  /** Undefined when not even its beginning was seen. */
  readonly record: TurnRecord | undefined
  /** When the device interrupted the answer. */
  readonly interruptedAtMs: number | undefined
  /** The answer before was not over when the question was due. */
  readonly isDelayed: boolean
  /** The server answered before the question was over. */
  readonly isQuestionCut: boolean
}

/** From here on a frame is late (design.md, 3). */
const LATE_MS = 20

export function outcomeOf (record: TurnRecord | undefined): FleetOutcome {
  if (record === undefined || record.ttsStartAtMs === null) return 'unanswered'
  if (record.ttsStopAtMs === null) return 'cut'
  return record.frames.count > 0 ? 'answered' : 'unanswered'
}

/**
 * Frames that arrived more than 20 ms after the device needed them: it plays each as soon as the
 * one before is over, and had by then been silent for that long.
 */
export function countLateFrames (frames: FrameArrivals, frameMs: number): number {
  let late = 0
  let emptyAtMs = Infinity
  for (const atMs of frames.atMs) {
    if (atMs > emptyAtMs + LATE_MS) late++
    emptyAtMs = (emptyAtMs === Infinity ? atMs : Math.max(emptyAtMs, atMs)) + frameMs
  }
  return late
}
