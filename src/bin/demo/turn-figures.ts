import type { TurnRecord } from '../../../tools/simulator/types.js'

export interface Step { readonly name: string, readonly atMs: number }

/** A turn in numbers; times are milliseconds after the end of the question. */
export interface TurnFigures {
  readonly heard: string | null
  readonly reply: string
  readonly sentences: readonly string[]
  /** Up to the first sound, in order. */
  readonly untilSound: readonly Step[]
  /** From the first sound to the end. */
  readonly untilEnd: readonly Step[]
  readonly uplinkFrames: number
  readonly frames: number
  readonly bytes: number
  readonly replyMs: number
  readonly underruns: number
  readonly underrunMs: number
  readonly lateFrames: number
  readonly lostFrames: number
  readonly droppedFrames: number
  readonly leadMinMs: number
  readonly leadMaxMs: number
  /** The loudest sample that the device played: 0 means that nothing could be heard. */
  readonly peak: number
}

// Later than this behind its place in the stream a frame counts as late, as in the server's own
// figures.
const LATE_MS = 20

export function measureTurn (turn: TurnRecord): TurnFigures {
  const zeroMs = questionEndMs(turn)
  const step = (name: string, atMs: number | null): Step[] => atMs === null ? [] : [{ name, atMs: atMs - zeroMs }]
  const { frames, played } = turn
  return {
    heard: turn.sttText,
    reply: turn.sentences.map(sentence => sentence.text).join(' '),
    sentences: turn.sentences.map(sentence => sentence.text),
    untilSound: [
      ...step('transcript (stt)', turn.sttAtMs),
      ...step('reply begins (tts start)', turn.ttsStartAtMs),
      ...step('first audio frame', turn.firstFrameAtMs),
      ...step('first sound', turn.firstPlayedAtMs)
    ],
    // Servers that spare old firmware send the stop only when all was heard.
    untilEnd: [
      ...step('last audio frame', turn.lastFrameAtMs),
      ...step('reply ends (tts stop)', turn.ttsStopAtMs),
      ...step('played to the end', turn.drainedAtMs)
    ].sort((left, right) => left.atMs - right.atMs),
    uplinkFrames: turn.uplinkFrames,
    frames: frames.count,
    bytes: frames.bytes.reduce((sum, bytes) => sum + bytes, 0),
    replyMs: turn.playedFrames * turn.frameMs,
    underruns: turn.underruns,
    underrunMs: turn.underrunMs,
    ...measureLead(turn),
    lostFrames: turn.lostBeforeSpeaking + turn.lostAfterSpeaking,
    droppedFrames: turn.overflowDrops + turn.malformedFrames,
    peak: played.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)
  }
}

/** When the user was done: stopped speaking, let go of the button, or sent the text. */
export function questionEndMs (turn: TurnRecord): number {
  return turn.textSentAtMs ?? turn.speechEndAtMs ?? turn.listenStopAtMs ?? turn.startedAtMs
}

// How far each frame came ahead of the moment when the speaker needed it, if it had played without
// a hole.
function measureLead ({ frames, frameMs, firstPlayedAtMs }: TurnRecord): { lateFrames: number, leadMinMs: number, leadMaxMs: number } {
  const beginMs = firstPlayedAtMs ?? 0
  let lateFrames = 0
  let leadMinMs = Infinity
  let leadMaxMs = 0
  // The first frame plays when it comes: its lead says nothing.
  for (let index = 1; index < frames.count; index++) {
    const leadMs = beginMs + index * frameMs - frames.atMs[index]!
    if (leadMs < -LATE_MS) lateFrames++
    leadMinMs = Math.min(leadMinMs, leadMs)
    leadMaxMs = Math.max(leadMaxMs, leadMs)
  }
  return { lateFrames, leadMinMs: leadMinMs === Infinity ? 0 : leadMinMs, leadMaxMs }
}
