import { FrameLog } from './frame-log.js'
import { SampleLog } from './sample-log.js'
import type { JsonEntry, ListenMode, Sentence, TurnOutcome, TurnRecord } from './types.js'

/** A turn while it is being recorded; to its readers it is a `TurnRecord`. */
export class Turn implements TurnRecord {
  readonly index: number
  readonly messages: JsonEntry[] = []
  readonly sentences: Sentence[] = []
  readonly frames = new FrameLog()
  readonly log = new SampleLog()
  readonly sampleRate: number
  readonly frameMs: number
  startedAtMs: number
  mode: ListenMode
  outcome: TurnOutcome = 'open'
  uplinkFrames = 0
  uplinkBytes = 0
  clipEndAtMs: number | null = null
  speechEndAtMs: number | null = null
  textSentAtMs: number | null = null
  listenStopAtMs: number | null = null
  sttAtMs: number | null = null
  sttText: string | null = null
  ttsStartAtMs: number | null = null
  speakingAtMs: number | null = null
  firstFrameAtMs: number | null = null
  lastFrameAtMs: number | null = null
  firstPlayedAtMs: number | null = null
  ttsStopAtMs: number | null = null
  /** The main loop acted on `tts stop`. */
  isStopHandled = false
  drainedAtMs: number | null = null
  abortAtMs: number | null = null
  lostBeforeSpeaking = 0
  lostAfterSpeaking = 0
  overflowDrops = 0
  malformedFrames = 0
  playedFrames = 0
  underruns = 0
  underrunMs = 0

  constructor (index: number, startedAtMs: number, mode: ListenMode, sampleRate: number, frameMs: number) {
    this.index = index
    this.startedAtMs = startedAtMs
    this.mode = mode
    this.sampleRate = sampleRate
    this.frameMs = frameMs
  }

  get played (): Int16Array { return this.log.view() }
}
