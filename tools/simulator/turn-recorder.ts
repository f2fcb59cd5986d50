import { Turn } from './turn.js'
import type { JsonEntry, ListenMode, TurnOutcome } from './types.js'

export interface RecorderEvents {
  onTurn (turn: Turn): void
}

/** What the user did or was understood to say while the last answer was still being spoken. */
interface Upcoming { clipEndAtMs: number | null, speechEndAtMs: number | null, stt: { atMs: number, text: string } | null }

/**
 * Sorts what happens into turns. One begins with `listen start`, with a typed text, or with the
 * answer if the server speaks unasked; it ends when `tts stop` was acted upon and the playback has
 * drained.
 */
export class TurnRecorder {
  readonly turns: Turn[] = []
  readonly #events: RecorderEvents
  readonly #keepTurns: number
  readonly #keepsAudio: boolean
  #current: Turn | undefined
  #count = 0
  #upcoming: Upcoming = { clipEndAtMs: null, speechEndAtMs: null, stt: null }
  mode: ListenMode = 'auto'
  sampleRate = 24000
  frameMs = 60

  constructor (events: RecorderEvents, options: { readonly keepTurns: number, readonly keepsAudio: boolean }) {
    this.#events = events
    this.#keepTurns = options.keepTurns
    this.#keepsAudio = options.keepsAudio
  }

  get current (): Turn | undefined { return this.#current }

  begin (atMs: number, mode: ListenMode): Turn {
    this.mode = mode
    const open = this.#current
    if (open !== undefined) {
      const isUntouched = open.ttsStartAtMs === null && open.listenStopAtMs === null && open.textSentAtMs === null
      if (isUntouched) {
        open.startedAtMs = atMs
        open.mode = mode
        return open
      }
      this.#finish(open.ttsStartAtMs === null ? 'unanswered' : 'done')
    }
    return this.#open(atMs)
  }

  note (entry: JsonEntry): void { this.#turn(entry.atMs).messages.push(entry) }

  noteTextSent (atMs: number): void {
    if (this.#current?.ttsStartAtMs !== null || this.#current.textSentAtMs !== null) this.begin(atMs, this.mode)
    this.#turn(atMs).textSentAtMs = atMs
  }

  noteListenStop (atMs: number): void { this.#turn(atMs).listenStopAtMs = atMs }
  noteAbort (atMs: number): void { this.#turn(atMs).abortAtMs ??= atMs }

  noteStt (atMs: number, text: string): void {
    if (text.startsWith('% ')) return // the name of a tool, not what the user said
    const turn = this.#turn(atMs)
    if (turn.ttsStartAtMs !== null) {
      this.#upcoming.stt = { atMs, text }
      return
    }
    turn.sttAtMs = atMs
    turn.sttText = text
  }

  noteTtsStart (atMs: number): void {
    const open = this.#current
    if (open?.ttsStopAtMs != null) this.#finish('done')
    this.#turn(atMs).ttsStartAtMs ??= atMs
  }

  noteSentence (atMs: number, text: string): void { this.#turn(atMs).sentences.push({ atMs, text }) }

  noteTtsStop (atMs: number): void {
    const open = this.#current
    if (open?.ttsStartAtMs != null) open.ttsStopAtMs ??= atMs
  }

  /** The state became speaking. */
  noteSpeaking (atMs: number): void { this.#turn(atMs).speakingAtMs ??= atMs }

  /** Frames that came after the state changed but before the queues were cleared for it. */
  noteCleared (lost: number): void {
    const open = this.#current
    if (open !== undefined) open.lostBeforeSpeaking += Math.min(lost, open.frames.count)
  }

  noteFrame (atMs: number, bytes: number): void {
    const turn = this.#turn(atMs)
    turn.firstFrameAtMs ??= atMs
    turn.lastFrameAtMs = atMs
    turn.frames.add(atMs, bytes)
  }

  noteDiscarded (atMs: number): void {
    const turn = this.#current ?? this.turns.at(-1) ?? this.#turn(atMs)
    if (turn.isStopHandled) turn.lostAfterSpeaking++
    else turn.lostBeforeSpeaking++
  }

  noteOverflow (): void { if (this.#current !== undefined) this.#current.overflowDrops++ }
  noteMalformed (): void { if (this.#current !== undefined) this.#current.malformedFrames++ }

  notePlayed (atMs: number, samples: Int16Array | undefined): void {
    const turn = this.#turn(atMs)
    turn.firstPlayedAtMs ??= atMs
    turn.playedFrames++
    if (this.#keepsAudio && samples !== undefined) turn.log.append(samples)
  }

  /**
   * Playback starts again after `gapMs` of nothing; within a reply the user hears that as a hole.
   */
  noteGap (gapMs: number): void {
    const open = this.#current
    if (open === undefined || open.firstPlayedAtMs === null || open.ttsStopAtMs !== null) return
    open.underruns++
    open.underrunMs += gapMs
    if (this.#keepsAudio) open.log.appendSilence(Math.round(gapMs * open.sampleRate / 1000))
  }

  noteDrained (atMs: number): void {
    const open = this.#current
    if (open === undefined) return
    open.drainedAtMs = atMs
    if (open.isStopHandled) this.#finish('done')
  }

  noteStopHandled (atMs: number, isDrained: boolean): void {
    const turn = this.#turn(atMs)
    turn.isStopHandled = true
    if (isDrained) this.#finish('done')
  }

  /** The start of the microphone threw away what was still to be heard. */
  noteCut (lost: number): void {
    const open = this.#current
    if (open?.ttsStartAtMs == null) return
    open.lostAfterSpeaking += lost
    this.#finish('done')
  }

  noteUplink (atMs: number, bytes: number): void {
    const turn = this.#turn(atMs)
    turn.uplinkFrames++
    turn.uplinkBytes += bytes
  }

  noteSpeechEnd (atMs: number): void {
    const turn = this.#turn(atMs)
    if (turn.ttsStartAtMs === null) turn.speechEndAtMs = atMs
    else this.#upcoming.speechEndAtMs = atMs
  }

  noteClipEnd (atMs: number): void {
    const turn = this.#turn(atMs)
    if (turn.ttsStartAtMs === null) turn.clipEndAtMs = atMs
    else this.#upcoming.clipEndAtMs = atMs
  }

  /**
   * What was buffered when the server hung up after a complete answer is still heard, and then ends
   * the turn.
   */
  noteClosed (isDrained: boolean): void {
    const open = this.#current
    if (open !== undefined && (isDrained || !open.isStopHandled)) this.#finish('closed')
  }

  #turn (atMs: number): Turn { return this.#current ?? this.#open(atMs) }

  #open (atMs: number): Turn {
    const turn = new Turn(this.#count++, atMs, this.mode, this.sampleRate, this.frameMs)
    const { clipEndAtMs, speechEndAtMs, stt } = this.#upcoming
    turn.clipEndAtMs = clipEndAtMs
    turn.speechEndAtMs = speechEndAtMs
    turn.sttAtMs = stt?.atMs ?? null
    turn.sttText = stt?.text ?? null
    this.#upcoming = { clipEndAtMs: null, speechEndAtMs: null, stt: null }
    this.#current = turn
    return turn
  }

  #finish (outcome: TurnOutcome): void {
    const turn = this.#current
    if (turn === undefined) return
    turn.outcome = outcome
    this.#current = undefined
    this.turns.push(turn)
    if (this.turns.length > this.#keepTurns) this.turns.shift()
    this.#events.onTurn(turn)
  }
}
