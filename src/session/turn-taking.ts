import type { Config } from '../core/config-schema.js'
import type { HeardTimes } from '../core/turn-stages.js'
import { ENDED_BY_LENGTH } from '../ring/endpoint.js'
import type { SlotTable } from '../ring/slot-table.js'
import { Interruption } from './interruption.js'
import type { Receipt } from '../core/orders.js'
import type { OutputQuota } from './output-quota.js'
import { isPhrase } from './phrases.js'
import { Playout, type PlayoutStats } from './playout.js'
import type { Clock } from './playout-clock.js'
import type { PromptName, Prompts, Seat } from './ports.js'
import { initialSession, isFree, reduceSession, type SessionEffect, type SessionEvent, type SessionState } from './session-machine.js'
import type { TurnOwner } from './turn-owner.js'
import type { TurnStats } from './turn-stats.js'
import { TurnWatch } from './turn-watch.js'

/** What the turns of all sessions share. */
export interface TurnParts {
  readonly config: Config
  readonly clock: Clock
  readonly slots: SlotTable
  readonly stats: PlayoutStats
  readonly turnStats: TurnStats
  readonly prompts: Prompts
  readonly quota: OutputQuota
  /** A place in the workers; undefined when all are taken. */
  readonly attach: (guest: { readonly conversation: number, readonly language: string }) => Seat | undefined
  /** Does the recogniser know this language? */
  readonly understands: (language: string) => boolean
  readonly onAttached: (conversation: number, slot: number) => void
  readonly onDetached: (slot: number) => void
}

// RFC 6455, 7.4.1.
const NORMAL = 1000
const TRY_AGAIN_LATER = 1013

/** Who speaks when: what a session hears, and what it is answered. */
export class TurnTaking {
  readonly #parts: TurnParts
  readonly #owner: TurnOwner
  readonly #playout: Playout
  readonly #interruption: Interruption
  readonly #watch: TurnWatch
  #state: SessionState = initialSession
  #seat: Seat | undefined
  #isEnded = false
  /** The answer that is heard is the last one: how the connection closes behind it. */
  #leaving: { readonly code: number, readonly reason: string } | undefined
  #onReceipt: ((receipt: Receipt) => void) | undefined

  constructor (owner: TurnOwner, parts: TurnParts) {
    this.#owner = owner
    this.#parts = parts
    const { clock, slots, config, stats, turnStats } = parts
    const { link, log } = owner
    const watch = this.#watch = new TurnWatch({ clock, slots, turnStats, log })
    this.#interruption = new Interruption(config.session.bargeIn, () => owner.features().aec)
    this.#playout = new Playout(clock, slots, { ...config.playout, frameMs: config.audio.frameMs, ...owner.ending }, {
      sendTts: state => { link.tts(state) },
      sendSentence: text => { link.sentence(text) },
      sendFrame: (packet, timestampMs) => watch.sent(link.frame(packet, timestampMs)),
      sendText: message => { link.text(message) },
      onSpoken: () => { this.#onSpoken() }
    }, stats)
  }

  get state (): SessionState { return this.#state }
  get hasSeat (): boolean { return this.#seat !== undefined }
  get isSpeaking (): boolean { return this.#playout.isOn }
  get hasSentAudio (): boolean { return this.#playout.hasSentAudio }
  get isBlocked (): boolean { return this.#playout.isBlocked }
  get isLeaving (): boolean { return this.#leaving !== undefined }

  /** Is the conversation over, so that nothing of it is under way anywhere? */
  get isAtRest (): boolean {
    const { phase, isMicOpen, recognising } = this.#state
    return phase === 'idle' && !isMicOpen && recognising === 0 && !this.#playout.isOn
  }

  dispatch (event: SessionEvent): void {
    if (this.#isEnded) return
    const { state, effects } = reduceSession(this.#state, event)
    this.#state = state
    for (const effect of effects) if (!this.#isEnded) this.#perform(effect)
    if (state.phase !== 'speaking') this.#owner.times.askedAt = 0
  }

  /** One Opus packet of the device. */
  pushUplink (packet: Uint8Array): void { this.#seat?.pushFrame(packet) }
  skipUplink (packets: number): void { this.#seat?.skipFrames(packets) }
  hearGap (): void { this.#seat?.hearGap() }
  drained (): void { this.#playout.drained() }

  /** Says a text that nobody asked for, if there is a seat and nobody is interrupted. */
  announce (text: string): Promise<Receipt> {
    if (this.#isEnded) return Promise.resolve('offline')
    if (!isFree(this.#state) || this.#playout.isOn || this.#takeSeat() === undefined) return Promise.resolve('busy')
    return new Promise(resolve => {
      this.#onReceipt = resolve
      this.dispatch({ kind: 'announce', text })
    })
  }

  /** Plays a prompt to a device that has no conversation. */
  tell (prompt: ReturnType<Prompts['find']>): void {
    if (this.#playout.isOn) return
    this.#playout.begin(-1)
    this.#playout.end(prompt)
  }

  giveUp (): void {
    const seat = this.#seat
    this.#owner.times.askedAt = 0
    if (seat === undefined) return
    this.#owner.log.warn('a turn had no audio in time', { turn: seat.turn })
    seat.nextTurn()
    seat.cancel()
    this.#playout.end(this.#prompt('apology'))
  }

  /** The conversation may go on later; its place in the workers is free for others. */
  leaveSeat (): void {
    const seat = this.#seat
    if (seat === undefined) return
    this.#seat = undefined
    this.#playout.rest()
    seat.detach()
    this.#parts.onDetached(seat.slot)
  }

  /** Stops what is being said, while the device can still be told. */
  cut (): void { this.#playout.cut() }

  /** The session is over. */
  end (): void {
    this.#isEnded = true
    this.#receive('cut')
    this.#playout.close()
    this.#seat?.cancel()
    this.leaveSeat()
  }

  // --- from the engine

  onFrame (packet: Uint8Array): void {
    this.#watch.onFrame()
    this.#playout.pushFrame(packet)
  }

  onSentence (text: string): void {
    this.#parts.quota.add(this.#owner.deviceId, text.length)
    if (this.#state.mode === 'realtime') this.#interruption.onSentence(text)
    this.#playout.pushSentence(text)
  }

  onEmotion (emotion: string, emoji: string): void {
    if (this.#owner.features().emoji) this.#playout.sendInTurn(this.#owner.link.emotionText(emotion, emoji))
  }

  onTurnEnd (isFailed: boolean): void { this.#playout.end(isFailed ? this.#prompt('apology') : undefined) }

  onSpeechStarted (hearing: number): void {
    if (hearing !== this.#seat?.hearing) return // nothing will end it: it was to be heard afresh
    const now = this.#owner.times.activeAt = this.#parts.clock.now()
    this.#interruption.onSpeechStarted(this.#playout.isOn ? 0 : now - this.#playout.silentAt)
    this.dispatch({ kind: 'speechStarted' })
  }

  /** @param isEcho it sounds like the answer, and interrupts by its words alone */
  onSpeechLasts (hearing: number, isEcho = false): void {
    if (hearing !== this.#seat?.hearing) return
    this.#interruption.onSpeechLasts()
    if (!isEcho && this.#interruption.isByVoice) this.dispatch({ kind: 'bargeIn' })
  }

  /** @returns whether an utterance that ends here would be recognised */
  onPause (hearing: number): boolean {
    return hearing === this.#seat?.hearing && !this.#interruption.isNobody(this.#state) && this.#parts.understands(this.#owner.language)
  }

  /** @returns whether the utterance shall be recognised */
  onEndpoint (hearing: number, reason: number): boolean {
    this.#owner.times.activeAt = this.#parts.clock.now()
    if (hearing !== this.#seat?.hearing) return false // of the press before: the one held now asks something else
    const isPartial = reason === ENDED_BY_LENGTH
    const isNobody = this.#interruption.isNobody(this.#state)
    const isHeard = !isNobody && this.#parts.understands(this.#owner.language)
    if (isHeard) this.dispatch({ kind: 'endpoint', isPartial })
    else this.dispatch(isNobody ? { kind: 'ignored', isPartial } : { kind: 'notUnderstood' })
    return isHeard
  }

  onWords (text: string, isPartial: boolean, heard?: HeardTimes): void {
    const isEcho = this.#interruption.isEcho(text)
    this.#watch.during(heard, () => { this.dispatch({ kind: 'words', text: isEcho ? '' : text, isPartial }) })
  }

  /** What is understood of somebody who still speaks; the device is told whole questions only. */
  onPartialWords (text: string): void { this.#owner.log.trace('partial words', { 'pii.text': text }) }

  onRecognitionFailed (error: unknown): void {
    this.#owner.log.warn('an utterance was not recognised', { error })
    this.dispatch({ kind: 'recognitionFailed' })
  }

  #perform (effect: SessionEffect): void {
    const seat = this.#takeSeat()
    if (seat === undefined) { this.#tellBusy(); return }
    switch (effect.kind) {
      case 'hear': this.#hear(seat, effect.isManual); break
      case 'hearEnd': seat.hearEnd(); break
      case 'deaf': seat.deaf(); break
      case 'unheard': seat.forget(); break
      case 'silence': this.#silence(seat); break
      case 'answer': this.#answer(seat, effect.text); break
      case 'announce': this.#begin(seat); seat.speak(effect.text); break
      case 'say': this.#say(seat, effect.prompt, effect.language); break
    }
  }

  #takeSeat (): Seat | undefined {
    if (this.#seat !== undefined) return this.#seat
    const seat = this.#parts.attach({ conversation: this.#owner.conversation, language: this.#owner.language })
    if (seat === undefined) return undefined
    this.#seat = seat
    this.#parts.onAttached(this.#owner.conversation, seat.slot)
    return seat
  }

  #tellBusy (): void {
    if (this.#leaving !== undefined) return // it has been told
    this.#owner.log.warn('no seat is free; raise threads.maxSeats')
    this.#leaving = { code: TRY_AGAIN_LATER, reason: 'busy' }
    this.tell(this.#prompt('busy'))
  }

  #hear (seat: Seat, isManual: boolean): void {
    this.#leaving = undefined // somebody wants to say something more
    this.#owner.times.frameAt = this.#parts.clock.now()
    seat.hear(isManual && !this.#parts.config.compat.endpointInManualMode)
  }

  // The epoch moves first: from that store on nothing of the old turn passes anywhere.
  #silence (seat: Seat): void {
    seat.nextTurn()
    seat.cancel()
    this.#playout.cut()
    this.#leaving = undefined
    this.#receive('cut')
  }

  #answer (seat: Seat, text: string): void {
    const { log, link, times, deviceId } = this.#owner
    const { config, quota } = this.#parts
    link.stt(text)
    if (isPhrase(text, config.session.exitWords)) { this.#say(seat, 'goodbye'); return }
    if (quota.isUsedUp(deviceId)) { this.#say(seat, 'quota'); return }
    this.#begin(seat)
    log.info('question', { 'pii.text': text, turn: seat.turn })
    times.askedAt = times.activeAt
    this.#watch.begin(seat.slot)
    seat.ask(text)
  }

  #begin (seat: Seat): void {
    seat.nextTurn()
    this.#watch.stop()
    this.#owner.times.activeAt = this.#parts.clock.now()
    this.#playout.begin(seat.slot)
  }

  #say (seat: Seat, name: PromptName, language?: string): void {
    this.#begin(seat)
    this.#playout.end(this.#prompt(name, language))
    if (name === 'goodbye' || name === 'quota') this.#leaving = { code: NORMAL, reason: name }
  }

  #onSpoken (): void {
    this.#owner.times.activeAt = this.#parts.clock.now()
    this.#receive('spoken')
    if (this.#leaving !== undefined) this.#owner.onLeave(this.#leaving.code, this.#leaving.reason)
    else this.dispatch({ kind: 'spoken' })
  }

  #receive (receipt: Receipt): void {
    const onReceipt = this.#onReceipt
    this.#onReceipt = undefined
    onReceipt?.(receipt)
  }

  #prompt (name: PromptName, language = this.#owner.language) { return this.#parts.prompts.find(name, language) }
}
