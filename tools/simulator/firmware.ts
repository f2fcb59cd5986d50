import type { Channel } from './channel.js'
import { isAtLeast, type ResolvedOptions } from './device-profile.js'
import type { DownlinkPlayer } from './downlink-player.js'
import { MainLoop } from './main-loop.js'
import { StateMachine } from './state-machine.js'
import type { TurnRecorder } from './turn-recorder.js'
import type { DeviceState, ListenMode } from './types.js'
import type { UplinkMic } from './uplink-mic.js'

export interface FirmwareParts {
  readonly channel: Channel
  readonly player: DownlinkPlayer
  readonly mic: UplinkMic
  readonly recorder: TurnRecorder
}

export interface FirmwareEvents {
  onState (state: DeviceState): void
  onSent (text: string): void
  onListenStart (): void
  /** What the device would show and sound: opening a channel failed. */
  onAlert (message: string): void
  onIdle (): void
}

const SEND_QUEUE_PACKETS = 40

/**
 * What the device does, all of it on its main loop: buttons and wake words on one side, the
 * requests of the server on the other, and the side effects of entering a state, one pass after the
 * state changed.
 */
export class Firmware {
  readonly #options: ResolvedOptions
  readonly #parts: FirmwareParts
  readonly #events: FirmwareEvents
  readonly #state: StateMachine
  readonly #loop: MainLoop
  readonly #sendQueue: Buffer[] = []
  #mode: ListenMode
  #listenWhenDrained = false
  #hasPopup = false
  #onDrained: (() => void) | undefined

  constructor (options: ResolvedOptions, parts: FirmwareParts, events: FirmwareEvents) {
    this.#options = options
    this.#parts = parts
    this.#events = events
    this.#mode = options.mode
    this.#state = new StateMachine(state => {
      if (state === 'speaking') parts.recorder.noteSpeaking(performance.now())
      events.onState(state)
      this.#loop.raiseStateChanged()
    })
    this.#loop = new MainLoop({ onStateChanged: () => this.#enterState(), onDrained: () => this.#drained() }, options.mainLoopLatencyMs)
  }

  get state (): DeviceState { return this.#state.value }
  get mode (): ListenMode { return this.#mode }

  /** The button in idle, with the mode that the build listens in. */
  startListening (mode: ListenMode): void {
    this.#loop.post(() => {
      if (this.state !== 'idle') return undefined
      this.#mode = mode
      if (this.#parts.channel.isUsable) {
        this.#state.change('listening')
        return undefined
      }
      return this.#connect(() => { this.#state.change('listening') })
    })
  }

  /**
   * Wake word in idle: always by way of connecting, then the recorded audio, `detect`, `listen
   * start`.
   */
  wake (text: string | undefined, burst: readonly Buffer[]): void {
    this.#loop.post(() => {
      if (this.state !== 'idle') return undefined
      this.#mode = this.#options.mode === 'manual' ? 'auto' : this.#options.mode
      return this.#connect(() => {
        for (const packet of burst) this.#write(packet)
        if (text !== undefined) this.#send(`"type":"listen","state":"detect","text":"${text}"}`)
        this.#state.change('listening')
      })
    })
  }

  press (): void {
    if (this.state !== 'speaking') return this.startListening('manual')
    this.#loop.post(() => {
      this.#sendAbort(undefined)
      this.#mode = 'manual'
      this.#state.change('listening')
    })
  }

  release (): void {
    this.#loop.post(() => {
      if (this.state !== 'listening' || this.#mode !== 'manual') return
      this.#send('"type":"listen","state":"stop"}')
      this.#parts.recorder.noteListenStop(performance.now())
      this.#state.change('idle')
    })
  }

  /**
   * By button (no reason) the device stays speaking until `tts stop`; by wake word newer ones
   * listen at once.
   */
  abort (reason: string | undefined): void {
    this.#loop.post(() => {
      this.#sendAbort(reason)
      if (reason === undefined || this.state !== 'speaking' || !this.#isAtLeast('2.2.6')) return
      this.#sendQueue.length = 0
      this.#hasPopup = true
      if (this.#mode === 'manual') this.#mode = 'auto'
      this.#state.change('listening')
    })
  }

  sendText (text: string): void {
    this.#loop.post(() => {
      this.#parts.recorder.noteTextSent(performance.now())
      this.#send(`"type":"listen","state":"detect","text":${JSON.stringify(text)}}`)
    })
  }

  ttsStart (): void { this.#loop.post(() => { this.#state.change('speaking') }) }

  ttsStop (): void {
    this.#loop.post(() => {
      if (this.state !== 'speaking') return
      this.#state.change(this.#mode === 'manual' ? 'idle' : 'listening')
      this.#parts.recorder.noteStopHandled(performance.now(), this.#parts.player.isDrained)
    })
  }

  disconnected (): void {
    this.#loop.post(() => {
      if (this.#parts.channel.isConnected) return
      this.#goIdle()
    })
  }

  /** The close of a replaced socket comes late and takes the new conversation with it. */
  replaced (): void { this.#loop.post(() => this.#goIdle()) }
  reply (send: () => string | undefined, blocksMs = 0): void {
    this.#loop.post(async () => {
      if (blocksMs > 0) await new Promise(resolve => { setTimeout(resolve, blocksMs) })
      const payload = send()
      if (payload !== undefined) this.#send(`"type":"mcp","payload":${payload}}`)
    })
  }

  report (rest: string): void { this.#loop.post(() => { this.#send(rest) }) }

  playerDrained (): void {
    this.#onDrained?.()
    this.#loop.raiseDrained()
  }

  /** A frame of the microphone; the main loop writes it, so it waits while that is blocked. */
  queueUplink (packet: Buffer): void {
    if (!this.#loop.isBlocked && this.#sendQueue.length === 0) {
      this.#write(packet)
      return
    }
    if (this.#sendQueue.length === 0) this.#loop.post(() => this.#flushUplink())
    if (this.#sendQueue.length === SEND_QUEUE_PACKETS) this.#sendQueue.shift()
    this.#sendQueue.push(packet)
  }

  /** Hangs up: the button in listening. */
  hangUp (): void {
    this.#parts.channel.hangUp()
    this.#loop.post(() => this.#goIdle())
  }

  crash (): void {
    this.#state.change('crashed')
    this.stop()
    this.#parts.channel.drop()
  }

  stop (): void {
    this.#loop.stop()
    this.#onDrained?.()
    this.#sendQueue.length = 0
  }

  async #connect (then: () => void): Promise<void> {
    this.#state.change('connecting')
    try {
      if (!this.#parts.channel.isUsable) await this.#parts.channel.open()
    } catch (error) {
      if (this.state === 'crashed') return
      this.#events.onAlert(error instanceof Error ? error.message : String(error))
      this.#goIdle()
      return
    }
    if (this.state !== 'crashed') then()
  }

  #goIdle (): void {
    if (this.state === 'speaking' || this.state === 'listening' || this.state === 'connecting') this.#state.change('idle')
    this.#parts.recorder.noteClosed(this.#parts.player.isDrained)
    this.#events.onIdle()
  }

  #enterState (): void | Promise<void> {
    this.#listenWhenDrained = false
    const { mic, player, recorder } = this.#parts
    switch (this.state) {
      case 'idle':
        mic.stop()
        return undefined
      case 'listening':
        return mic.isOn && !this.#hasPopup ? undefined : this.#enterListening()
      case 'speaking':
        if (this.#mode !== 'realtime') mic.stop()
        recorder.noteCleared(player.clear())
        return undefined
      case 'connecting':
      case 'crashed':
        return undefined
    }
  }

  // 1.6 plays on; from 1.7 to 2.1 the start of the microphone cut the tail of the answer; 2.2.2 to
  // 2.3 blocked the main loop until it was heard; since 2.4 it is only put off.
  #enterListening (): void | Promise<void> {
    this.#hasPopup = false
    const mustWait = this.#mode === 'auto' && !this.#parts.player.isDrained && this.#isAtLeast('2.2.2')
    if (!mustWait) return this.#openMic()
    if (this.#isAtLeast('2.4.0')) {
      this.#listenWhenDrained = true
      return undefined
    }
    return new Promise<void>(resolve => { this.#onDrained = resolve }).then(() => {
      this.#onDrained = undefined
      this.#openMic()
    })
  }

  #drained (): void {
    if (!this.#listenWhenDrained || !this.#parts.player.isDrained) return
    this.#listenWhenDrained = false
    this.#openMic()
  }

  #openMic (): void {
    const { mic, player, recorder } = this.#parts
    if (this.#isAtLeast('1.7.0')) recorder.noteCut(player.clear())
    recorder.begin(performance.now(), this.#mode)
    this.#send(`"type":"listen","state":"start","mode":"${this.#mode}"}`)
    mic.start()
    this.#events.onListenStart()
  }

  #sendAbort (reason: string | undefined): void {
    this.#parts.recorder.noteAbort(performance.now())
    this.#send(reason === undefined ? '"type":"abort"}' : `"type":"abort","reason":"${reason}"}`)
  }

  #send (rest: string): void {
    const text = this.#parts.channel.send(rest)
    if (text !== undefined) this.#events.onSent(text)
  }

  #flushUplink (): void {
    for (const packet of this.#sendQueue) this.#write(packet)
    this.#sendQueue.length = 0
  }

  #write (packet: Buffer): void {
    const timestamp = this.#options.profile.aec === 'server' ? this.#parts.player.takeEchoTimestamp() : 0
    if (this.#parts.channel.sendAudio(packet, timestamp)) this.#parts.recorder.noteUplink(performance.now(), packet.length)
  }

  #isAtLeast (version: string): boolean { return isAtLeast(this.#options.profile.version, version) }
}
