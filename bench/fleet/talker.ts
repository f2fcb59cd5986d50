import type { Agenda, Cycle, Storms } from './agenda.js'
import type { Ticking } from './metronome.js'
import type { Packets, Question } from './packets.js'
import { Playback } from './playback.js'
import type { Scenario } from './scenario.js'
import type { Tally } from './tally.js'
import type { LinkEvents, WsLink } from './ws-link.js'

export interface TalkerOptions {
  readonly scenario: Scenario
  readonly packets: Packets
  readonly agenda: Agenda
  readonly storms: Storms
  readonly tally: Tally
  readonly connectAtMs: number
  readonly random: () => number
  readonly connect: (events: LinkEvents) => WsLink
}

const FRAME_MS = 60
const HELLO = '{"type":"hello","version":1,"transport":"websocket","features":{},"audio_params":{"format":"opus","sample_rate":16000,"channels":1,"frame_duration":60}}'
const WAKE = '{"session_id":"","type":"listen","state":"detect","text":"你好小智"}'
const ABORT = '{"session_id":"","type":"abort"}'
const LISTEN_STOP = '{"session_id":"","type":"listen","state":"stop"}'
/** A device whose connection was lost tries again. */
const RETRY_MS = 1000
/** A shorter answer lost its end, or was an apology. */
const WHOLE_SHARE = 0.8
const GREETING_PATIENCE_MS = 4000

type Asked = { readonly endedAtMs: number, isHeard: boolean } | undefined

/** One device and whoever talks to it, moved on once a frame. */
export class Talker implements Ticking {
  readonly #options: TalkerOptions
  readonly #playback: Playback
  #link: WsLink | undefined
  #abandoned: WsLink[] = []
  #cycle: Cycle
  #connectAtMs: number
  #connectedAtMs = 0
  #isOpen = false
  #isMicOpen = false
  /** When the microphone opens again: the answer has been played. */
  #listenAtMs = Infinity
  #question: Question | undefined
  #position = 0
  #pauseAt = 0
  #asked: Asked
  #isAnswering = false
  #greetedBeforeMs = -Infinity
  /** Only in a scenario of greetings: is one due? */
  #isWoken = false
  #abortedAtMs = Number.NaN

  constructor (options: TalkerOptions) {
    this.#options = options
    this.#cycle = options.agenda.next()
    this.#connectAtMs = options.connectAtMs
    const { tally } = options
    this.#playback = new Playback(FRAME_MS, {
      onFrame: () => { tally.counts.frames++ },
      onUnderrun: gapMs => { tally.counts.underruns++; tally.record('gap', gapMs) },
      onLateness: (lateMs, isLate) => { tally.record('lateness', lateMs); if (isLate) tally.counts.lateFrames++ }
    })
  }

  get isConnected (): boolean { return this.#isOpen }

  tick (dueMs: number): void {
    if (this.#link === undefined) { if (dueMs >= this.#connectAtMs) this.#connect(); return }
    if (!this.#isOpen) return
    if (this.#options.storms.isDue(dueMs)) { this.#suffer(); return }
    this.#follow(dueMs)
    if (dueMs >= this.#listenAtMs) this.#goOn(dueMs)
    if (this.#isMicOpen) this.#hear(dueMs)
  }

  close (): void {
    for (const link of [this.#link, ...this.#abandoned]) link?.destroy()
  }

  // --- what the plan says

  #follow (dueMs: number): void {
    const cycle = this.#cycle
    if (dueMs >= cycle.reconnectAtMs) {
      this.#cycle = { ...cycle, reconnectAtMs: Infinity }
      this.#reconnect(cycle.isHalfOpen)
    } else if (dueMs >= cycle.wakeAtMs) {
      this.#cycle = { ...cycle, wakeAtMs: Infinity }
      this.#wake(dueMs)
    } else if (dueMs >= cycle.bargeInAtMs) {
      this.#bargeIn(dueMs)
      this.#cycle = this.#options.agenda.next()
    } else if (dueMs >= cycle.askAtMs) {
      this.#ask()
      this.#cycle = cycle.bargeInAtMs === Infinity ? this.#options.agenda.next() : { ...cycle, askAtMs: Infinity }
    }
  }

  #ask (): void {
    const { tally, packets, random, scenario } = this.#options
    if (this.#asked !== undefined) this.#settle(this.#asked.isHeard ? 'cut' : 'unanswered')
    if (this.#isAnswering || (!this.#isMicOpen && scenario.conversation.mode !== 'manual')) {
      tally.counts.missed++
      tally.fail('a question could not be asked: the answer before was not over')
      return
    }
    if (scenario.conversation.mode === 'manual') this.#listen()
    tally.counts.asked++
    this.#question = packets.questions[Math.floor(random() * packets.questions.length)]!
    this.#position = 0
  }

  #bargeIn (dueMs: number): void {
    const { tally } = this.#options
    if (!this.#isAnswering) {
      tally.counts.missed++
      tally.fail('an answer could not be interrupted: it was not there')
      return
    }
    tally.counts.interrupted++
    this.#asked = undefined
    this.#isAnswering = false
    this.#playback.drop()
    this.#abortedAtMs = dueMs
    this.#link!.sendText(ABORT)
    this.#listen()
    this.#ask()
  }

  /** The answer has been played. */
  #goOn (dueMs: number): void {
    if (!this.#options.scenario.conversation.wakesOnly) { this.#listen(); return }
    if (this.#isWoken) this.#settle('unanswered')
    this.#isWoken = true
    this.#wake(dueMs)
    this.#listenAtMs = this.#greetedBeforeMs
  }

  #wake (dueMs: number): void {
    this.#options.tally.counts.woken++
    this.#greetedBeforeMs = dueMs + GREETING_PATIENCE_MS
    this.#link!.sendText(WAKE)
  }

  /** What a storm interrupts is nobody's fault. */
  #suffer (): void {
    const { tally } = this.#options
    if (this.#asked !== undefined || this.#question !== undefined || this.#isAnswering) tally.counts.disrupted++
    this.#asked = undefined
    this.#isAnswering = false
    this.#reconnect(false)
  }

  #reconnect (isHalfOpen: boolean): void {
    const { tally } = this.#options
    if (this.#isAnswering) this.#settle('cut')
    tally.counts.reconnects++
    if (isHalfOpen) {
      this.#link!.abandon()
      this.#abandoned.push(this.#link!)
    } else this.#link!.destroy()
    this.#connect()
  }

  #listen (): void {
    const { mode } = this.#options.scenario.conversation
    this.#listenAtMs = Infinity
    this.#isMicOpen = true
    this.#link!.sendText(`{"session_id":"","type":"listen","state":"start","mode":"${mode}"}`)
  }

  #hear (dueMs: number): void {
    const { packets, tally, scenario } = this.#options
    const question = this.#question
    if (question === undefined) {
      if (packets.pause.length === 0) return
      this.#link!.send(packets.pause[this.#pauseAt++ % packets.pause.length]!)
      tally.counts.framesSent++
      return
    }
    this.#link!.send(question.frames[this.#position]!)
    tally.counts.framesSent++
    if (this.#position++ < question.lastSpoken) return
    this.#question = undefined
    this.#asked = { endedAtMs: dueMs, isHeard: false }
    if (scenario.conversation.mode !== 'manual') return
    this.#link!.sendText(LISTEN_STOP)
    this.#isMicOpen = false
  }

  // --- what the server says

  #connect (): void {
    this.#isOpen = this.#isMicOpen = this.#isAnswering = this.#isWoken = false
    this.#question = undefined
    this.#asked = undefined
    this.#listenAtMs = Infinity
    this.#playback.drop()
    this.#connectedAtMs = performance.now()
    const link = this.#options.connect({
      onOpen: () => { if (link === this.#link) link.sendText(HELLO) },
      onText: text => { if (link === this.#link) this.#onText(text) },
      onFrame: () => { if (link === this.#link) this.#onFrame() },
      onClosed: reason => { if (link === this.#link) this.#onClosed(reason) }
    })
    this.#link = link
  }

  #onText (text: string): void {
    const message = JSON.parse(text) as { readonly type?: string, readonly state?: string }
    if (message.type === 'hello') this.#onHello()
    else if (message.type === 'tts' && message.state === 'start') this.#onStart()
    else if (message.type === 'tts' && message.state === 'stop') this.#onStop()
  }

  #onHello (): void {
    this.#options.tally.record('connect', performance.now() - this.#connectedAtMs)
    this.#isOpen = true
    const { mode, wakesOnly } = this.#options.scenario.conversation
    if (wakesOnly) this.#listenAtMs = performance.now()
    else if (mode !== 'manual') this.#listen()
  }

  #onStart (): void {
    const { tally, scenario } = this.#options
    if (this.#asked === undefined && performance.now() > this.#greetedBeforeMs) {
      tally.counts.strayAnswers++
      tally.fail(this.#question === undefined ? 'an answer to nothing that was asked' : 'an answer before the question was over')
      this.#question = undefined
    }
    if (scenario.conversation.mode !== 'realtime') this.#isMicOpen = false
    this.#listenAtMs = Infinity
    this.#isWoken = false
    this.#isAnswering = true
    this.#playback.begin()
  }

  #onFrame (): void {
    const now = performance.now()
    if (!this.#isAnswering) { this.#options.tally.counts.staleFrames++; return }
    if (this.#asked?.isHeard === false) {
      this.#asked.isHeard = true
      this.#options.tally.record('firstAudio', now - this.#asked.endedAtMs)
    }
    this.#playback.take(now)
  }

  #onStop (): void {
    const { tally, scenario } = this.#options
    const { mode, answerSeconds } = scenario.conversation
    if (!this.#isAnswering) {
      // The stop of what was interrupted: the microphone is open already.
      if (!Number.isNaN(this.#abortedAtMs)) tally.record('cut', performance.now() - this.#abortedAtMs)
      this.#abortedAtMs = Number.NaN
      return
    }
    this.#isAnswering = false
    this.#playback.end()
    if (mode === 'auto') this.#listenAtMs = Math.max(performance.now(), this.#playback.emptyAtMs)
    const wholeFrames = WHOLE_SHARE * answerSeconds * 1000 / FRAME_MS
    if (this.#asked !== undefined) this.#settle(!this.#asked.isHeard ? 'unanswered' : this.#playback.frames < wholeFrames ? 'short' : 'answered')
  }

  #settle (outcome: 'answered' | 'unanswered' | 'short' | 'cut'): void {
    const { tally } = this.#options
    this.#asked = undefined
    tally.counts[outcome]++
    if (outcome !== 'answered') tally.fail({ unanswered: 'a question had no answer', short: 'an answer was too short', cut: 'an answer never ended' }[outcome])
  }

  #onClosed (reason: string): void {
    const { tally } = this.#options
    tally.counts[this.#isOpen ? 'closed' : 'refused']++
    tally.fail(reason)
    if (this.#asked !== undefined) this.#settle(this.#asked.isHeard ? 'cut' : 'unanswered')
    this.#isOpen = false
    this.#link = undefined
    this.#connectAtMs = performance.now() + RETRY_MS
  }
}
