import type { Config } from '../core/config-schema.js'
import type { Log } from '../core/log.js'
import { noFeatures, type DeviceFeatures, type DeviceHello } from '../protocol/device-hello.js'
import { parseDeviceMessage, type DeviceMessage } from '../protocol/device-message.js'
import { isNewerVersion } from '../protocol/firmware-version.js'
import { pongMessage, serverMessage } from '../protocol/server-message.js'
import { MAX_PAYLOAD_BYTES } from '../ring/layout.js'
import { DeviceLink } from './device-link.js'
import type { Order, Receipt } from '../core/orders.js'
import { quietUntil, whatIsDue, type Due, type SessionTimes } from './patience.js'
import { isBeyond, orderMessage } from './order-message.js'
import { isPhrase } from './phrases.js'
import type { Caller, Line, Prompt, ToolKeeper } from './ports.js'
import { Readiness } from './readiness.js'
import type { ServerOrders } from './server-orders.js'
import type { SessionState } from './session-machine.js'
import { ToolLine } from './tool-line.js'
import type { TurnOwner } from './turn-owner.js'
import { TurnTaking, type TurnParts } from './turn-taking.js'
import { greetingFor, languageOfWakeWord } from './wake-words.js'

/** What all sessions share. */
export interface SessionParts extends TurnParts {
  readonly log: Log
  readonly serverOrders: ServerOrders
  readonly tools: ToolKeeper
  /** The session is over: what is remembered of its conversation may go. */
  readonly forget: (conversation: number) => void
}

// RFC 6455, 7.4.1.
const NORMAL = 1000
const GOING_AWAY = 1001

/** From this version on `tts stop` does not cut what the device has not played yet. */
const FIRST_TO_PLAY_ON = '2.2.2'

/** How a client says that another device calls: the rest of the text is to be spoken. */
const DEVICE_CALL = '[device_call]'

/** One connected device: its messages, its life, its turns. */
export class Session {
  readonly id: string
  readonly caller: Caller
  readonly turns: TurnTaking
  /** Counts the sessions of the process. */
  readonly conversation: number
  readonly #parts: SessionParts
  readonly #link: DeviceLink
  readonly #log: Log
  /** Before this nothing is due as long as it has no seat. */
  #quietUntil = 0
  readonly #times: SessionTimes
  readonly #readiness = new Readiness()
  #features: DeviceFeatures = noFeatures
  #uplinkFrameMs: number | undefined
  #hasHello = false
  #isClosed = false
  #codeToldAt = -Infinity

  constructor (id: string, conversation: number, caller: Caller, line: Line, parts: SessionParts) {
    this.id = id
    this.caller = caller
    this.conversation = conversation
    this.#parts = parts
    this.#log = parts.log.child({ session: id, device: caller.deviceId })
    this.#link = new DeviceLink(id, line, parts.clock, caller.protocolVersion, caller.isBehindGateway)
    const openedAt = parts.clock.now()
    this.#times = { openedAt, activeAt: openedAt, frameAt: 0, askedAt: 0, sentAt: openedAt }
    this.turns = new TurnTaking({
      deviceId: caller.deviceId,
      language: caller.language,
      ending: endingFor(caller, parts.config),
      conversation,
      link: this.#link,
      times: this.#times,
      log: this.#log,
      features: () => this.#features,
      onLeave: (code, reason) => { this.close(code, reason) }
    }, parts)
  }

  /** As its hello announced; undefined before, or where it does not say. */
  get uplinkFrameMs (): number | undefined { return this.#uplinkFrameMs }
  get isClosed (): boolean { return this.#isClosed }
  get phase (): SessionState['phase'] { return this.turns.state.phase }

  // --- from the device

  onText (raw: string): void {
    if (this.#isClosed) return
    const message = parseDeviceMessage(raw)
    if (message.kind === 'unknown') { this.#log.debug('ignored a message', { why: message.why }); return }
    if (message.kind === 'hello') { this.#onHello(message.hello); return }
    if (message.kind === 'server') { this.#onServerOrder(message.action, message.secret); return }
    if (message.kind === 'goodbye') { this.close(NORMAL, 'goodbye'); return }
    if (!this.#hasHello) { this.#log.debug('ignored a message before hello', { kind: message.kind }); return }
    if (this.caller.activationCode !== undefined) { this.#tellCode(this.caller.activationCode); return }
    if (message.kind === 'tools') { this.#openTools(false).push(this.conversation, raw); return } // nobody spoke
    this.#times.activeAt = this.#parts.clock.now()
    this.#onMessage(message)
  }

  onBinary (message: Uint8Array): void {
    this.#readiness.heard()
    if (!this.turns.state.isMicOpen || !this.turns.hasSeat) return
    this.#times.frameAt = this.#parts.clock.now()
    const offset = this.#link.packetOffset(message)
    // One that fits no record is no Opus packet of a device, either.
    if (offset < 0 || message.length - offset > MAX_PAYLOAD_BYTES) return
    this.turns.pushUplink(offset === 0 ? message : message.subarray(offset))
  }

  /** So many packets before the next one were lost on their way. */
  onMissing (packets: number): void { if (this.turns.state.isMicOpen) this.turns.skipUplink(packets) }
  onDrain (): void { this.turns.drained() }

  /** The socket is gone. */
  onClosed (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.turns.end()
    this.#parts.forget(this.conversation)
  }

  // --- from the gateway

  /**
   * Looks at what only time can tell; called a few times per second, without a seat every other
   * second.
   * @returns what was due and was done
   */
  sweep (now: number): Due | undefined {
    const { turns } = this
    if (now < this.#quietUntil && !turns.hasSeat) return undefined
    const times = this.#times
    times.sentAt = this.#link.sentAt
    if (turns.hasSentAudio) times.askedAt = 0
    const { state, isAtRest, isBlocked, hasSeat } = turns
    const facts = { hasHello: this.#hasHello, state, isAtRest, isBlocked, hasSeat }
    const due = whatIsDue(facts, times, now, this.#parts.config)
    if (due === undefined) this.#quietUntil = quietUntil(facts, times, now, this.#parts.config)
    if (due === undefined || (turns.isLeaving && due !== 'dead' && due !== 'blocked')) return undefined
    this.#onDue(due)
    return due
  }

  /** What an operator wants; resolves when it is known what became of it. */
  obey (order: Order): Promise<Receipt> {
    if (this.#isClosed || !this.#hasHello) return Promise.resolve('offline')
    if (order.kind === 'speak') return this.turns.announce(order.text)
    // Firmware would play the sound of an alert between the packets of the answer.
    if (order.kind === 'alert' && this.turns.isSpeaking) return Promise.resolve('busy')
    if (isBeyond(this.caller.firmwareVersion, order)) return Promise.resolve('unable')
    if (order.kind === 'notify' && this.phase !== 'idle') return Promise.resolve('busy')
    this.#link.text(orderMessage(this.id, order))
    return Promise.resolve('sent')
  }

  /** Calls back once the device can be spoken to that was asked to open its channel. */
  whenReady (act: () => void): void { this.#readiness.when(act) }

  shutDown (): void { this.close(GOING_AWAY, 'the server is stopping') }
  replaced (): void { this.close(NORMAL, 'the device has connected again') }

  close (code: number, reason: string): void {
    if (this.#isClosed) return
    this.turns.cut()
    this.#link.close(code, reason)
    this.onClosed()
  }

  #onHello (hello: DeviceHello): void {
    if (this.#hasHello) { this.#log.debug('ignored a second hello'); return } // answering would confuse the device
    this.#hasHello = true
    this.#features = hello.features
    this.#uplinkFrameMs = hello.frameMs
    const { audio, compat } = this.#parts.config
    const sampleRateHz = compat.echoAudioParams ? hello.sampleRateHz ?? audio.sampleRateHz : audio.sampleRateHz
    this.#link.hello(hello.version ?? this.caller.protocolVersion, { sampleRateHz, frameMs: audio.frameMs })
    if (this.caller.activationCode !== undefined) this.#tellCode(this.caller.activationCode)
    else if (hello.features.mcp) this.#openTools(true)
  }

  #openTools (hasMcp: boolean): ToolKeeper {
    this.#parts.tools.open(this.conversation, new ToolLine(this.#link, this.caller.deviceId), hasMcp)
    return this.#parts.tools
  }

  #onMessage (message: DeviceMessage): void {
    switch (message.kind) {
      case 'listenStart': this.turns.dispatch({ kind: 'listenStart', mode: message.mode }); this.#readiness.ready(); break
      case 'listenStop': this.turns.dispatch({ kind: 'listenStop' }); break
      case 'abort': this.turns.dispatch({ kind: 'abort' }); break
      case 'listenDetect': this.#onDetect(this.#limit(message.text)); break
      case 'speakReady': this.#readiness.ready(); break
      case 'ping': if (this.#parts.config.compat.answerPing) this.#link.text(pongMessage(new Date())); break
      default: break
    }
  }

  #onDetect (text: string): void {
    if (text.startsWith(DEVICE_CALL)) {
      const call = text.slice(DEVICE_CALL.length).trim()
      if (call === '') return
      this.#link.stt(call)
      this.turns.announce(call).catch((error: unknown) => { this.#log.error('a call was not told', { error }) })
      return
    }
    const { wakeWords, wakeReply } = this.#parts.config.session
    if (!isPhrase(text, wakeWords)) { this.turns.dispatch({ kind: 'detect', text }); return }
    const language = languageOfWakeWord(text, this.caller.language)
    this.turns.dispatch(wakeReply === 'prompt' ? { kind: 'woken', language } : { kind: 'detect', text: greetingFor(language) })
  }

  #onDue (due: Due): void {
    const { farewell } = this.#parts.config.session
    switch (due) {
      case 'noHello': this.close(NORMAL, 'no hello'); break
      case 'dead': this.close(NORMAL, 'the device is gone'); break
      case 'blocked': this.close(NORMAL, 'the device does not read'); break
      case 'idle':
        if (farewell && this.phase === 'listening') this.turns.dispatch({ kind: 'farewell' })
        else this.close(NORMAL, 'idle')
        break
      case 'noAnswer': this.turns.giveUp(); break
      case 'gap': this.turns.hearGap(); break
      case 'keepAlive': this.#link.keepAlive(this.#features.mcp); break
      case 'seatUnused': this.turns.leaveSeat(); break
    }
  }

  #tellCode (code: string): void {
    const now = this.#parts.clock.now()
    if (now - this.#codeToldAt < this.#parts.config.session.activationEveryMs) return
    this.#codeToldAt = now
    const prompt: Prompt = this.#parts.prompts.activation(code, this.caller.language)
    this.#link.stt(prompt.text)
    this.turns.tell(prompt)
  }

  #onServerOrder (action: string, secret: string): void {
    const { isDone, message } = this.#parts.serverOrders.obey(action, secret)
    if (message !== '') this.#link.text(serverMessage(isDone, message, isDone ? action : undefined))
  }

  #limit (text: string): string {
    const { maxTextBytes } = this.#parts.config.session
    const bytes = Buffer.from(text)
    if (bytes.length <= maxTextBytes) return text
    this.#log.warn('a text was cut', { bytes: bytes.length, maxTextBytes })
    return bytes.subarray(0, maxTextBytes).toString().replace(/\ufffd+$/, '')
  }
}

// Behind a gateway there is UDP: audio may come after its `tts stop`.
function endingFor ({ firmwareVersion, isBehindGateway }: Caller, { playout, mqtt }: Config): TurnOwner['ending'] {
  if (isBehindGateway) return { stopsEarly: false, tailMs: mqtt.stopDelayMs }
  const playsOn = firmwareVersion !== undefined && !isNewerVersion(FIRST_TO_PLAY_ON, firmwareVersion)
  return { stopsEarly: playout.stopEarly && playsOn, tailMs: 0 }
}
