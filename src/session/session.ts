import type { Config } from '../core/config-schema.js'
import type { Log } from '../core/log.js'
import { dialectOf, FrameWriter, packetOffset } from '../protocol/audio-frame.js'
import { parseDeviceMessage } from '../protocol/device-message.js'
import { emotionMessage, helloMessage, sentenceMessage, sttMessage, ttsMessage } from '../protocol/server-message.js'
import { ENDED_BY_LENGTH } from '../ring/endpoint.js'
import { MAX_PAYLOAD_BYTES } from '../ring/layout.js'
import type { SlotTable } from '../ring/slot-table.js'
import { Playout, type PlayoutStats } from './playout.js'
import type { Clock } from './playout-clock.js'
import type { Line, Prompts, Seat, SendResult } from './ports.js'
import { greetingForWakeWord } from './wake-words.js'
import { initialSession, reduceSession, type SessionEffect, type SessionEvent, type SessionState } from './session-machine.js'

/** What all sessions share. */
export interface SessionParts {
  readonly config: Config
  readonly clock: Clock
  readonly slots: SlotTable
  readonly stats: PlayoutStats
  readonly prompts: Prompts
  readonly log: Log
  /** A place in the workers; undefined when all are taken. */
  readonly attach: (guest: { readonly conversation: number, readonly language: string }) => Seat | undefined
  /** The session is over: what is remembered of its conversation may go. */
  readonly forget: (conversation: number) => void
  /** Does the recogniser know this language? */
  readonly understands: (language: string) => boolean
  readonly onAttached: (session: Session, slot: number) => void
  readonly onDetached: (slot: number) => void
}

/** Who connected. */
export interface Caller {
  readonly deviceId: string
  readonly language: string
  readonly protocolVersion: number | undefined
  /** An MQTT gateway connects on behalf of the device, and frames audio in its own way. */
  readonly isBehindGateway: boolean
}

// RFC 6455, 7.4.1.
const NORMAL = 1000
const GOING_AWAY = 1001
const TRY_AGAIN_LATER = 1013

/** One connected device: its messages in, its turns out. */
export class Session {
  readonly id: string
  readonly caller: Caller
  /** The number under which the workers know what was said. */
  readonly #conversation: number
  readonly #parts: SessionParts
  readonly #line: Line
  readonly #playout: Playout
  readonly #log: Log
  #frames: FrameWriter
  #state: SessionState = initialSession
  #seat: Seat | undefined
  #hasHello = false
  #isClosed = false
  #openedAt: number
  #activeAt: number
  #frameAt = 0
  #askedAt = 0

  constructor (id: string, conversation: number, caller: Caller, line: Line, parts: SessionParts) {
    this.id = id
    this.caller = caller
    this.#conversation = conversation
    this.#line = line
    this.#parts = parts
    this.#log = parts.log.child({ session: id, device: caller.deviceId })
    this.#frames = new FrameWriter(dialectOf(caller.protocolVersion, caller.isBehindGateway))
    this.#openedAt = parts.clock.now()
    this.#activeAt = this.#openedAt
    const { playout, audio: { frameMs }, mqtt } = parts.config
    this.#playout = new Playout(parts.clock, parts.slots, { ...playout, frameMs, tailMs: caller.isBehindGateway ? mqtt.stopDelayMs : 0 }, {
      sendTts: state => { this.#sendTts(state) },
      sendSentence: text => { line.sendText(sentenceMessage(id, text)) },
      sendFrame: (packet, timestampMs): SendResult => line.sendBinary(this.#frames.write(packet, timestampMs)),
      sendText: message => { line.sendText(message) },
      onSpoken: () => {
        this.#activeAt = parts.clock.now()
        this.#dispatch({ kind: 'spoken' })
      }
    }, parts.stats)
  }

  get isClosed (): boolean { return this.#isClosed }
  get phase (): SessionState['phase'] { return this.#state.phase }

  // --- from the device

  onText (raw: string): void {
    const message = parseDeviceMessage(raw)
    if (message.kind === 'unknown') { this.#log.debug('ignored a message', { why: message.why }); return }
    if (message.kind === 'hello') { this.#onHello(message.version); return }
    if (message.kind === 'goodbye') { this.close(NORMAL, 'goodbye'); return }
    if (!this.#hasHello) { this.#log.debug('ignored a message before hello', { kind: message.kind }); return }
    this.#activeAt = this.#parts.clock.now()
    if (message.kind === 'listenStart') this.#dispatch({ kind: 'listenStart', mode: message.mode })
    else if (message.kind === 'listenStop') this.#dispatch({ kind: 'listenStop' })
    else if (message.kind === 'abort') this.#dispatch({ kind: 'abort' })
    else this.#dispatch({ kind: 'detect', text: this.#questionIn(message.text) })
  }

  onBinary (message: Uint8Array): void {
    if (!this.#state.isMicOpen || this.#seat === undefined) return
    this.#frameAt = this.#parts.clock.now()
    const offset = packetOffset(this.#frames.dialect, message)
    // One that fits no record is no Opus packet of a device, either.
    if (offset < 0 || message.length - offset > MAX_PAYLOAD_BYTES) return
    this.#seat.pushFrame(offset === 0 ? message : message.subarray(offset))
  }

  onMissing (packets: number): void { if (this.#state.isMicOpen) this.#seat?.skipFrames(packets) }
  onDrain (): void { this.#playout.drained() }

  /** The socket is gone. */
  onClosed (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#playout.close()
    this.#seat?.cancel()
    this.#leaveSeat()
    this.#parts.forget(this.#conversation)
  }

  // --- from the engine

  onFrame (packet: Uint8Array): void { this.#playout.pushFrame(packet) }
  onSentence (text: string): void { this.#playout.pushSentence(text) }
  onEmotion (emotion: string, emoji: string): void { this.#playout.sendInTurn(emotionMessage(this.id, emotion, emoji)) }
  onTurnEnd (isFailed: boolean): void { this.#playout.end(isFailed ? this.#prompt('apology') : undefined) }
  onSpeechStarted (hearing: number): void {
    if (hearing !== this.#seat?.hearing) return // nothing will end it: it was to be heard afresh
    this.#activeAt = this.#parts.clock.now()
    this.#dispatch({ kind: 'speechStarted' })
  }

  /** @returns whether an utterance that ends here would be recognised */
  onPause (hearing: number): boolean {
    return hearing === this.#seat?.hearing && this.#parts.understands(this.caller.language)
  }

  /** @returns whether the utterance shall be recognised */
  onEndpoint (hearing: number, reason: number): boolean {
    this.#activeAt = this.#parts.clock.now()
    if (hearing !== this.#seat?.hearing) return false // of the press before: the one held now asks something else
    if (!this.#parts.understands(this.caller.language)) {
      this.#dispatch({ kind: 'notUnderstood' })
      return false
    }
    this.#dispatch({ kind: 'endpoint', isPartial: reason === ENDED_BY_LENGTH })
    return true
  }

  onWords (text: string, isPartial: boolean): void { this.#dispatch({ kind: 'words', text, isPartial }) }

  /** What is understood of somebody who still speaks; the device is told whole questions only. */
  onPartialWords (text: string): void { this.#log.trace('partial words', { 'pii.text': text }) }

  onRecognitionFailed (error: unknown): void {
    this.#log.warn('an utterance was not recognised', { error })
    this.#dispatch({ kind: 'recognitionFailed' })
  }

  // --- from the gateway

  /** Looks at what only time can tell; called a few times per second. */
  sweep (now: number): void {
    const { gateway, hearing, session } = this.#parts.config
    if (!this.#hasHello && now - this.#openedAt > gateway.helloTimeoutMs) { this.close(NORMAL, 'no hello'); return }
    const { phase, isUserSpeaking } = this.#state
    const isQuiet = (phase === 'idle' || phase === 'listening') && !isUserSpeaking
    if (isQuiet && now - this.#activeAt > session.idleCloseMs) { this.close(NORMAL, 'idle'); return }
    if (this.#isAtRest && now - this.#activeAt > session.seatLeaseMs) this.#leaveSeat()
    if (isUserSpeaking && this.#state.isMicOpen && now - this.#frameAt > hearing.gapMs) this.#seat?.hearGap()
    if (this.#askedAt > 0 && !this.#playout.hasSentAudio && now - this.#askedAt > session.turnTimeoutMs) this.#giveUp()
  }

  shutDown (): void { this.close(GOING_AWAY, 'the server is stopping') }
  replaced (): void { this.close(NORMAL, 'the device has connected again') }

  close (code: number, reason: string): void {
    if (this.#isClosed) return
    this.#playout.cut()
    this.#line.close(code, reason)
    this.onClosed()
  }

  #sendTts (state: 'start' | 'stop'): void {
    if (state === 'start') this.#frames.beginTurn()
    this.#line.sendText(ttsMessage(this.id, state))
  }

  #onHello (version: number | undefined): void {
    if (this.#hasHello) { this.#log.debug('ignored a second hello'); return } // answering would confuse the device
    this.#hasHello = true
    this.#frames = new FrameWriter(dialectOf(version ?? this.caller.protocolVersion, this.caller.isBehindGateway))
    this.#line.sendText(helloMessage(this.id, this.#parts.config.audio))
  }

  #dispatch (event: SessionEvent): void {
    if (this.#isClosed) return
    const { state, effects } = reduceSession(this.#state, event)
    this.#state = state
    for (const effect of effects) if (!this.#isClosed) this.#perform(effect)
    if (state.phase !== 'speaking') this.#askedAt = 0
  }

  #perform (effect: SessionEffect): void {
    const seat = this.#seat ?? this.#takeSeat()
    if (seat === undefined) return
    switch (effect.kind) {
      case 'hear': seat.hear(effect.isManual); break
      case 'hearEnd': seat.hearEnd(); break
      case 'deaf': seat.deaf(); break
      case 'unheard': seat.forget(); break
      case 'silence': this.#silence(seat); break
      case 'answer': this.#answer(seat, effect.text); break
      case 'say': this.#say(seat, effect.prompt); break
    }
  }

  #takeSeat (): Seat | undefined {
    const seat = this.#parts.attach({ conversation: this.#conversation, language: this.caller.language })
    if (seat === undefined) {
      this.#log.warn('no seat is free; raise threads.maxSeats')
      this.close(TRY_AGAIN_LATER, 'busy')
      return undefined
    }
    this.#seat = seat
    this.#parts.onAttached(this, seat.slot)
    return seat
  }

  /** Is the conversation over, so that nothing of it is under way anywhere? */
  get #isAtRest (): boolean {
    const { phase, isMicOpen, recognising } = this.#state
    return phase === 'idle' && !isMicOpen && recognising === 0 && !this.#playout.isOn
  }

  #leaveSeat (): void {
    const seat = this.#seat
    if (seat === undefined) return
    this.#seat = undefined
    this.#playout.rest()
    seat.detach()
    this.#parts.onDetached(seat.slot)
  }

  // The epoch moves first: from that store on nothing of the old turn passes anywhere.
  #silence (seat: Seat): void {
    seat.nextTurn()
    seat.cancel()
    this.#playout.cut()
  }

  #answer (seat: Seat, text: string): void {
    seat.nextTurn()
    this.#askedAt = this.#parts.clock.now()
    this.#activeAt = this.#askedAt
    this.#log.info('question', { 'pii.text': text, turn: seat.turn })
    this.#line.sendText(sttMessage(this.id, text))
    this.#playout.begin(seat.slot)
    seat.ask(text)
  }

  #say (seat: Seat, name: 'apology' | 'language'): void {
    seat.nextTurn()
    this.#playout.begin(seat.slot)
    this.#playout.end(this.#prompt(name))
  }

  #giveUp (): void {
    const seat = this.#seat
    this.#askedAt = 0
    if (seat === undefined) return
    this.#log.warn('a turn had no audio in time', { turn: seat.turn })
    seat.nextTurn()
    seat.cancel()
    this.#playout.end(this.#prompt('apology'))
  }

  #prompt (name: 'apology' | 'language') { return this.#parts.prompts.find(name, this.caller.language) }

  #questionIn (text: string): string {
    return greetingForWakeWord(this.#limit(text), this.#parts.config.session.wakeWords, this.caller.language)
  }

  #limit (text: string): string {
    const { maxTextBytes } = this.#parts.config.session
    const bytes = Buffer.from(text)
    if (bytes.length <= maxTextBytes) return text
    this.#log.warn('a text was cut', { bytes: bytes.length, maxTextBytes })
    return bytes.subarray(0, maxTextBytes).toString().replace(/\ufffd+$/, '')
  }
}
