// hot path
//
// One turn as the device hears it:
//
//   [tts start] -- gap --> frames: lead at once, then one by one --> buffer played --> [tts stop]
//
import { microsecondsOf } from '../ring/microseconds.js'
import type { SlotTable } from '../ring/slot-table.js'
import { PacketQueue } from './packet-queue.js'
import type { Clock, Scheduled } from './playout-clock.js'
import type { Prompt, SendResult } from './ports.js'

export interface PlayoutOptions {
  readonly frameMs: number
  /** Audio that the device is given at once, and kept ahead by. */
  readonly leadMs: number
  /** The same after the voice paused and the device ran empty. */
  readonly refillMs: number
  /** From `tts start` to the first frame: the device drops what comes before it is ready. */
  readonly startGapMs: number
  /** Beside the device's own delay until `tts stop`: by UDP, audio may come later than that. */
  readonly tailMs?: number
  /** From `tts stop` to the next `tts start`: in one pass the device would merge them. */
  readonly restartGapMs: number
  /** Bounds of all that is sent ahead, and of the frames that may wait here. */
  readonly maxAheadMs: number
  readonly maxAheadPackets: number
  /** The device plays to the end what it has when `tts stop` comes: it need not wait for that. */
  readonly stopsEarly?: boolean
}

/** How the messages of a turn reach the device. */
export interface PlayoutLine {
  sendTts (state: 'start' | 'stop'): void
  sendSentence (text: string): void
  sendFrame (packet: Uint8Array, timestampMs: number): SendResult
  sendText (message: string): void
  /** The last `tts stop` of a turn that was not cut. */
  onSpoken (): void
}

/** Counters of all sessions; the sources of the metrics. */
export class PlayoutStats {
  frames = 0
  /** Frames handed over more than 20 ms after their deadline. */
  lateFrames = 0
  /** Times that a device ran empty before the answer was complete. */
  underruns = 0
}

/** Above this a frame counts as late (design: handed over > 20 ms after its deadline). */
const LATE_MS = 20
/** Between our estimate and the loudspeaker: the device's DMA buffer holds 60 ms. */
const DEVICE_TAIL_MS = 60
/** Beside the frames that credit allows: their sentences and the end. */
const QUEUE_MARKS = 16

/** Paces one session's answers in real time, by absolute deadlines. */
export class Playout implements Scheduled {
  slot = -1
  readonly #clock: Clock
  readonly #options: PlayoutOptions
  readonly #line: PlayoutLine
  readonly #stats: PlayoutStats
  readonly #slots: SlotTable
  readonly #queue: PacketQueue
  readonly #leadMs: number
  readonly #refillMs: number
  #voiceSlot = -1
  #phase: 'off' | 'starting' | 'on' | 'ending' = 'off'
  #early: string[] = []
  #prompt: Prompt | undefined
  #promptAt = 0
  #startAt = 0
  #stoppedAt = -Infinity
  /** When the device will have played all of the answers before. */
  #silentAt = -Infinity
  /** When the device will have played what it was given. */
  #emptyAt = 0
  /** How far ahead it is kept: the lead, and after a hole the refill. */
  #targetMs = 0
  /** The time that the clock was last asked for. */
  #plannedAt = 0
  #hasSentAny = false
  #isBlocked = false
  #audioMs = 0

  constructor (clock: Clock, slots: SlotTable, options: PlayoutOptions, line: PlayoutLine, stats: PlayoutStats) {
    const { frameMs, leadMs, refillMs, maxAheadMs, maxAheadPackets } = options
    const mostMs = Math.min(maxAheadMs, maxAheadPackets * frameMs)
    // With less than two frames the device would be empty while the next one is on its way.
    this.#leadMs = Math.max(Math.min(leadMs, mostMs), 2 * frameMs)
    this.#refillMs = Math.max(Math.min(refillMs, mostMs), this.#leadMs)
    this.#queue = new PacketQueue(2 ** Math.ceil(Math.log2(Math.floor(maxAheadMs / frameMs) + QUEUE_MARKS)))
    this.#clock = clock
    this.#slots = slots
    this.#options = options
    this.#line = line
    this.#stats = stats
  }

  get isOn (): boolean { return this.#phase !== 'off' }
  get hasSentAudio (): boolean { return this.#hasSentAny }
  get silentAt (): number { return this.#silentAt }
  /** The socket has taken no more since the last frame. */
  get isBlocked (): boolean { return this.#phase === 'on' && this.#isBlocked }

  /**
   * Opens a turn for the session in `voiceSlot`: `tts start` now, or after the restart gap. One
   * without a seat (-1) can be told a prompt.
   */
  begin (voiceSlot: number): void {
    const now = this.#clock.now()
    this.#voiceSlot = voiceSlot
    this.#phase = 'starting'
    this.#hasSentAny = false
    this.#isBlocked = false
    this.#targetMs = this.#leadMs
    this.#prompt = undefined
    // A `tts start` would throw away what it has not played of the answer before.
    this.#startAt = Math.max(now, this.#stoppedAt + this.#options.restartGapMs, this.#silentAt)
    this.#setEmptyAt(this.#startAt + this.#options.startGapMs)
    if (this.#startAt <= now) this.#start(now)
    else this.#clock.schedule(this, this.#startAt)
  }

  /** A message that belongs behind `tts start`. */
  sendInTurn (message: string): void {
    if (this.#phase === 'starting') this.#early.push(message)
    else if (this.isOn) this.#line.sendText(message)
  }

  pushFrame (packet: Uint8Array): void {
    if (!this.isOn || !this.#queue.pushPacket(packet)) {
      this.#slots.addSent(this.#voiceSlot) // credit allows no such frame; were there one, its own must not leak
      return
    }
    this.#wake()
  }

  pushSentence (text: string): void {
    if (!this.isOn) return
    this.#queue.pushMark({ kind: 'sentence', text })
    this.#wake()
  }

  /** Nothing follows but `prompt`, if there is one, and `tts stop` when all was heard. */
  end (prompt?: Prompt): void {
    if (!this.isOn) return
    this.#prompt = prompt
    this.#promptAt = 0
    this.#queue.pushMark({ kind: 'end' })
    this.#wake()
  }

  /** Barge-in: nothing more is sent but one `tts stop`, and that only if `tts start` was. */
  cut (): void {
    if (!this.isOn) return
    this.#clock.cancel(this)
    this.#dropQueue()
    const hasStarted = this.#phase !== 'starting'
    this.#phase = 'off'
    this.#silentAt = -Infinity // what the device has left is not worth waiting for
    if (hasStarted) this.#stop()
  }

  /** The conversation rests: gives its memory back until the next one. */
  rest (): void { this.#queue.rest() }

  /** The session is gone: nothing can be sent. */
  close (): void {
    this.#clock.cancel(this)
    this.#dropQueue()
    this.#phase = 'off'
  }

  /** The socket takes data again; what the device missed is not made up for in a burst. */
  drained (): void {
    if (!this.#isBlocked) return
    this.#isBlocked = false
    this.#wake()
  }

  onDue (now: number): void {
    if (this.#phase === 'starting') this.#start(now)
    if (this.#phase === 'on') this.#send(now)
    else if (this.#phase === 'ending') this.#finish()
  }

  /** For the voice worker, too: it encodes first for whom is empty first. */
  #setEmptyAt (ms: number): void {
    this.#emptyAt = ms
    if (this.#voiceSlot >= 0) this.#slots.setEmptyAt(this.#voiceSlot, microsecondsOf(ms))
  }

  #start (now: number): void {
    this.#phase = 'on'
    this.#line.sendTts('start')
    for (const message of this.#early) this.#line.sendText(message)
    this.#early = []
    this.#setEmptyAt(now + this.#options.startGapMs)
    this.#wake()
  }

  #wake (): void {
    if (this.#phase !== 'on' || this.#isBlocked || this.slot >= 0 || this.#isEmpty) return
    this.#plan(this.#dueAt)
  }

  #plan (dueAt: number): void {
    this.#plannedAt = Math.max(dueAt, this.#clock.now())
    this.#clock.schedule(this, dueAt)
  }

  get #isEmpty (): boolean { return this.#queue.length === 0 }

  get #isAtEnd (): boolean {
    const isPrompted = this.#prompt !== undefined && this.#promptAt < this.#prompt.packets.length
    return !isPrompted && this.#queue.peekMark()?.kind === 'end'
  }

  // Before the first frame `emptyAt` is the end of the start gap, and that frame is due then.
  get #dueAt (): number {
    if (this.#options.stopsEarly === true && this.#isAtEnd) return 0
    return this.#hasSentAny ? this.#emptyAt + this.#options.frameMs - this.#targetMs : this.#emptyAt
  }

  #send (now: number): void {
    // Against the plan and not the deadline: a frame that came late is not the clock's fault.
    if (now - this.#plannedAt > LATE_MS && !this.#isEmpty) this.#stats.lateFrames++
    while (this.#phase === 'on' && !this.#isBlocked && !this.#isEmpty) {
      const dueAt = this.#dueAt
      if (dueAt > now) { this.#plan(dueAt); return }
      if (!this.#sendMark()) this.#sendPacket(now)
    }
  }

  /** Sends the mark in front; false when a packet is due instead. */
  #sendMark (): boolean {
    const mark = this.#queue.peekMark()
    if (mark === undefined) return false
    if (mark.kind === 'sentence') this.#line.sendSentence(mark.text)
    else if (this.#prompt !== undefined && this.#promptAt < this.#prompt.packets.length) return this.#announcePrompt()
    else this.#beginEnding()
    if (this.#phase === 'on') this.#queue.shift()
    return true
  }

  /** Its packets have no credit and do not wait in the queue, which is sized for it. */
  #announcePrompt (): false {
    if (this.#promptAt === 0) this.#line.sendSentence(this.#prompt!.text)
    return false
  }

  #beginEnding (): void {
    this.#phase = 'ending'
    const now = this.#clock.now()
    this.#silentAt = this.#hasSentAny ? this.#emptyAt + DEVICE_TAIL_MS + (this.#options.tailMs ?? 0) : now
    this.#clock.schedule(this, this.#options.stopsEarly === true ? now : this.#silentAt)
  }

  #sendPacket (now: number): void {
    if (this.#hasSentAny && this.#emptyAt <= now) {
      this.#stats.underruns++
      this.#targetMs = this.#refillMs // the voice has shown that it pauses
    }
    const isPrompt = this.#queue.peekMark() !== undefined
    const packet = isPrompt ? this.#prompt!.packets[this.#promptAt++]! : this.#queue.peekPacket()
    this.#hasSentAny = true
    this.#stats.frames++
    this.#audioMs += this.#options.frameMs
    this.#setEmptyAt(Math.max(this.#emptyAt, now) + this.#options.frameMs)
    // Out of the queue before it goes: a socket that breaks over it ends this playout.
    if (!isPrompt) {
      this.#queue.shift()
      this.#slots.addSent(this.#voiceSlot)
    }
    if (this.#line.sendFrame(packet, this.#audioMs) !== 'sent') this.#isBlocked = true
  }

  #finish (): void {
    this.#dropQueue()
    this.#phase = 'off'
    this.#stop()
    this.#line.onSpoken()
  }

  #stop (): void {
    this.#stoppedAt = this.#clock.now()
    this.#line.sendTts('stop')
  }

  #dropQueue (): void {
    this.#early = []
    const packets = this.#queue.clear()
    for (let packet = 0; packet < packets; packet++) this.#slots.addSent(this.#voiceSlot)
  }
}
