import { EventEmitter } from 'node:events'

import { Channel } from './channel.js'
import { sharedClock } from './deadline-clock.js'
import { resolveOptions, type ResolvedOptions } from './device-profile.js'
import { DownlinkPlayer } from './downlink-player.js'
import { Firmware } from './firmware.js'
import { IotThings } from './iot-things.js'
import { JsonInbox, type MessagePredicate } from './json-inbox.js'
import { McpTools, type DeviceTool } from './mcp-tools.js'
import { NetworkTask, parseObject } from './network-task.js'
import { TurnQueue } from './turn-queue.js'
import { TurnRecorder } from './turn-recorder.js'
import type { DeviceOptions, DeviceState, JsonObject, ListenMode, SpeakResult, TurnRecord } from './types.js'
import type { UdpFigures } from './udp-codec.js'
import { UplinkMic } from './uplink-mic.js'
import { encodeClip, LiveSource, SharedSource, UPLINK_RATE_HZ } from './uplink-source.js'

export interface DeviceEvents {
  state: [state: DeviceState]
  /** A text frame of either direction, in the order of arrival or sending. */
  message: [message: JsonObject, direction: 'in' | 'out']
  listenStart: []
  turn: [turn: TurnRecord]
  alert: [message: string]
  closed: [code: number]
  crash: [reason: string]
}

export interface WakeOptions {
  /** Sent in `detect`; without it the build announces nothing. */
  readonly text?: string
  /** Up to the last 2 s before the wake word ended; sent in one burst. */
  readonly burst?: Int16Array
}

const WAKE_RING_SAMPLES = 2 * UPLINK_RATE_HZ
const DEFAULT_WAIT_MS = 15_000
const DEFAULT_TURN_MS = 60_000

/**
 * A XiaoZhi device, by WebSocket or by MQTT and UDP, that behaves as the firmware does and writes
 * down what happens to it.
 */
export class SimulatedDevice extends EventEmitter<DeviceEvents> {
  readonly #options: ResolvedOptions
  readonly #inbox = new JsonInbox()
  readonly #done = new TurnQueue()
  readonly #recorder: TurnRecorder
  readonly #channel: Channel
  readonly #player: DownlinkPlayer
  readonly #mic: UplinkMic
  readonly #firmware: Firmware
  readonly #network: NetworkTask
  readonly mcp: McpTools
  readonly things = new IotThings()
  #isClosed = false

  constructor (options: DeviceOptions, tools: readonly DeviceTool[] = []) {
    super()
    this.#options = resolveOptions(options)
    const { profile, keepTurns } = this.#options
    this.mcp = new McpTools('simulated-board', profile.version, tools)
    this.#recorder = new TurnRecorder(
      { onTurn: turn => { this.#done.push(turn); this.emit('turn', turn) } },
      { keepTurns, keepsAudio: profile.audio === 'record' }
    )
    this.#recorder.mode = this.#options.mode
    this.#channel = new Channel(this.#options, {
      onText: text => this.#network.takeText(text),
      onBinary: data => this.#network.takeBinary(data),
      onDisconnected: code => { this.#firmware.disconnected(); this.emit('closed', code) },
      onReplaced: () => this.#firmware.replaced()
    })
    this.#player = this.#makePlayer()
    this.#mic = this.#makeMic()
    const parts = { channel: this.#channel, player: this.#player, mic: this.#mic, recorder: this.#recorder }
    this.#firmware = new Firmware(this.#options, parts, {
      onState: state => { this.emit('state', state) },
      onSent: text => this.#noteSent(text),
      onListenStart: () => { this.emit('listenStart') },
      onAlert: message => { this.emit('alert', message) },
      onIdle: () => { if (this.#recorder.current === undefined) this.#done.fail('the channel was closed') }
    })
    this.#network = new NetworkTask(this.#options, { ...parts, firmware: this.#firmware, mcp: this.mcp, things: this.things }, {
      onMessage: message => {
        this.#inbox.push(message)
        this.emit('message', message, 'in')
      },
      onCrash: reason => this.#crash(reason)
    })
  }

  get deviceId (): string { return this.#options.deviceId }
  get clientId (): string { return this.#options.clientId }
  get state (): DeviceState { return this.#firmware.state }
  get mode (): ListenMode { return this.#firmware.mode }
  get sessionId (): string { return this.#channel.sessionId }
  get isChannelOpen (): boolean { return this.#channel.isConnected }
  get isTcpOpen (): boolean { return this.#channel.isTcpOpen }
  get udpFigures (): UdpFigures | undefined { return this.#channel.udpFigures }
  get isMicOn (): boolean { return this.#mic.isOn }
  /** Audio that the device has but has not yet played. */
  get bufferedMs (): number { return this.#player.bufferedMs }
  get turns (): readonly TurnRecord[] { return this.#recorder.turns }
  get currentTurn (): TurnRecord | undefined { return this.#recorder.current }

  /**
   * The button: opens the channel if need be and listens. Resolves when `listen start` was sent.
   */
  async start (mode: ListenMode = this.#options.mode): Promise<void> {
    this.#requireIdle()
    const listening = this.#nextListenStart()
    this.#firmware.startListening(mode)
    await listening
  }

  /** The wake word in idle. Resolves when `listen start` was sent. */
  async wake ({ text, burst }: WakeOptions = {}): Promise<void> {
    this.#requireIdle()
    const ring = burst?.subarray(Math.max(0, burst.length - WAKE_RING_SAMPLES))
    // Only whole frames are sent: 33 of the 2 s.
    const packets = ring === undefined ? [] : encodeClip(ring).slice(0, Math.floor(ring.length / 960))
    const listening = this.#nextListenStart()
    this.#firmware.wake(text, packets)
    await listening
  }

  pressToTalk (): void { this.#firmware.press() }
  release (): void { this.#firmware.release() }
  abort (reason?: string): void { this.#firmware.abort(reason) }
  hangUp (): void { this.#firmware.hangUp() }
  /** By MQTT: audio comes from another UDP port from now on, as behind a router that forgot. */
  changeAddress (): void { this.#channel.changeAddress() }

  /**
   * A typed question, sent as `listen detect`; opens the channel and listens first where needed.
   */
  async sendText (text: string): Promise<void> {
    if (!this.#channel.isUsable) await this.start()
    this.#firmware.sendText(text)
  }

  /** Speaks 16 kHz audio into the microphone; resolves when its last frame was sent. */
  speak (pcm: Int16Array): Promise<SpeakResult> { return this.#mic.speak(pcm) }

  /**
   * The next turn that ends, each handed out once and in order. Rejects when the channel closes
   * before.
   */
  turnDone ({ timeoutMs = DEFAULT_TURN_MS }: { readonly timeoutMs?: number } = {}): Promise<TurnRecord> {
    return this.#done.next(timeoutMs)
  }

  /** A message of the server, also one that came since the last wait found its own. */
  waitFor (predicate: MessagePredicate, { timeoutMs = DEFAULT_WAIT_MS }: { readonly timeoutMs?: number } = {}): Promise<JsonObject> {
    return this.#inbox.waitFor(predicate, timeoutMs)
  }

  waitForState (state: DeviceState, { timeoutMs = DEFAULT_WAIT_MS }: { readonly timeoutMs?: number } = {}): Promise<void> {
    if (this.state === state) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const finish = (outcome: () => void): void => {
        clearTimeout(timer)
        this.off('state', onState)
        outcome()
      }
      const onState = (now: DeviceState): void => { if (now === state) finish(resolve) }
      const timer = setTimeout(() => finish(() => reject(new Error(`not ${state} in ${timeoutMs} ms, but ${this.state}`))), timeoutMs)
      this.on('state', onState)
    })
  }

  /** For tests of the server: anything at all, past the state machine. */
  sendRawText (text: string): boolean { return this.#channel.sendRaw(text) }
  sendRawBinary (data: Uint8Array): boolean { return this.#channel.sendRawBinary(data) }

  /** Drops TCP without a Close frame and lets go of everything. */
  close (): void {
    this.#channel.drop()
    this.#dispose()
  }

  /** As `close`, but with the Close frame that no firmware sends. */
  closePolitely (): void {
    this.#channel.closePolitely()
    this.#dispose()
  }

  #dispose (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#firmware.stop()
    this.#mic.stop()
    this.#mic.dropClips()
    this.#player.stop()
    this.#recorder.noteClosed(true)
    this.#inbox.close('the device was closed')
    this.#done.fail('the device was closed')
  }

  #noteSent (text: string): void {
    const message = parseObject(text)
    this.#recorder.note({ atMs: performance.now(), direction: 'out', message, text })
    if (message !== undefined) this.emit('message', message, 'out')
  }

  #crash (reason: string): void {
    this.#firmware.crash()
    this.#dispose()
    this.emit('crash', reason)
  }

  #requireIdle (): void {
    if (this.state !== 'idle') throw new Error(`the device is ${this.state}: only from idle can a conversation begin`)
  }

  #nextListenStart (): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.off('listenStart', onListenStart)
        this.off('alert', onFailure)
        this.off('crash', onFailure)
        this.off('closed', onClosed)
      }
      const onListenStart = (): void => { stop(); resolve() }
      const onFailure = (reason: string): void => { stop(); reject(new Error(reason)) }
      const onClosed = (code: number): void => onFailure(`the server closed the channel (${code})`)
      this.on('listenStart', onListenStart)
      this.on('alert', onFailure)
      this.on('crash', onFailure)
      this.on('closed', onClosed)
    })
  }

  #makePlayer (): DownlinkPlayer {
    const recorder = this.#recorder
    return new DownlinkPlayer(sharedClock, {
      onPlayed: (atMs, samples) => recorder.notePlayed(atMs, samples),
      onGap: (_atMs, gapMs) => recorder.noteGap(gapMs),
      onOverflow: () => recorder.noteOverflow(),
      onMalformed: () => recorder.noteMalformed(),
      onDrained: atMs => { recorder.noteDrained(atMs); this.#firmware.playerDrained() }
    }, { decodes: this.#options.profile.audio !== 'count', echoes: this.#options.profile.aec === 'server' })
  }

  #makeMic (): UplinkMic {
    const kind = this.#options.profile.mic
    const source = kind === 'off' ? undefined : kind === 'live' ? new LiveSource() : new SharedSource()
    return new UplinkMic(sharedClock, source, {
      onPacket: packet => this.#firmware.queueUplink(packet),
      onSpeechEnd: atMs => this.#recorder.noteSpeechEnd(atMs),
      onClipEnd: atMs => this.#recorder.noteClipEnd(atMs)
    })
  }
}
