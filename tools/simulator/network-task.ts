import type { Channel } from './channel.js'
import { isAtLeast, type ResolvedOptions } from './device-profile.js'
import type { DownlinkPlayer } from './downlink-player.js'
import type { Firmware } from './firmware.js'
import type { IotThings } from './iot-things.js'
import { isObject, type McpTools } from './mcp-tools.js'
import type { TurnRecorder } from './turn-recorder.js'
import type { JsonObject } from './types.js'

export interface NetworkParts {
  readonly channel: Channel
  readonly player: DownlinkPlayer
  readonly recorder: TurnRecorder
  readonly firmware: Firmware
  readonly mcp: McpTools
  readonly things: IotThings
}

export interface NetworkEvents {
  onMessage (message: JsonObject): void
  onCrash (reason: string): void
}

/**
 * What arrives, at the moment of its arrival. Requests of the server only queue work for the main
 * loop; audio is taken or lost by the state of this very moment.
 */
export class NetworkTask {
  readonly #options: ResolvedOptions
  readonly #parts: NetworkParts
  readonly #events: NetworkEvents

  constructor (options: ResolvedOptions, parts: NetworkParts, events: NetworkEvents) {
    this.#options = options
    this.#parts = parts
    this.#events = events
  }

  takeText (text: string): void {
    const atMs = performance.now()
    const message = parseObject(text)
    if (message === undefined) {
      this.#parts.recorder.note({ atMs, direction: 'in', message, text })
      return
    }
    // The answer's start may open a new turn, to which the message itself belongs.
    if (message['type'] === 'tts' && message['state'] === 'start') this.#parts.recorder.noteTtsStart(atMs)
    this.#parts.recorder.note({ atMs, direction: 'in', message, text })
    this.#dispatch(message, atMs)
    this.#events.onMessage(message)
  }

  takeBinary (data: Buffer): void {
    const atMs = performance.now()
    const { channel, firmware, player, recorder } = this.#parts
    if (firmware.state !== 'speaking') {
      recorder.noteDiscarded(atMs)
      return
    }
    const frame = channel.unpack(data)
    if (frame === undefined) {
      this.#events.onCrash('a frame whose size is beyond its end')
      return
    }
    recorder.noteFrame(atMs, data.length)
    player.push(frame)
  }

  #dispatch (message: JsonObject, atMs: number): void {
    switch (message['type']) {
      case 'hello': return this.#takeHello(message)
      case 'tts': return this.#takeTts(message, atMs)
      case 'stt':
        if (typeof message['text'] === 'string') this.#parts.recorder.noteStt(atMs, message['text'])
        return
      case 'mcp': return this.#takeMcp(message['payload'])
      case 'iot': return this.#takeIot(message)
      case 'goodbye': return this.#parts.channel.takeGoodbye(message)
      case 'system':
        if (message['command'] === 'reboot') this.#parts.firmware.hangUp()
        return
      default: // Logged and ignored, whatever it is.
    }
  }

  #takeHello (message: JsonObject): void {
    const { channel, player, recorder } = this.#parts
    const hello = channel.takeHello(message)
    if (hello.kind === 'crash') this.#events.onCrash('a hello without a transport')
    if (hello.kind !== 'accepted') return
    player.configure(hello.sampleRate, hello.frameMs)
    recorder.sampleRate = player.sampleRate
    recorder.frameMs = player.frameMs
    if (this.#options.profile.iot) for (const text of this.#parts.things.introduce()) this.#parts.firmware.report(text)
  }

  #takeTts (message: JsonObject, atMs: number): void {
    const { firmware, recorder } = this.#parts
    switch (message['state']) {
      case 'start': return firmware.ttsStart()
      case 'stop':
        recorder.noteTtsStop(atMs)
        return firmware.ttsStop()
      case 'sentence_start':
        if (typeof message['text'] === 'string') recorder.noteSentence(atMs, message['text'])
        return
      default:
        if (typeof message['state'] !== 'string' && !isAtLeast(this.#options.profile.version, '2.4.0')) {
          this.#events.onCrash('a tts message without a state')
        }
    }
  }

  #takeIot (message: JsonObject): void {
    const states = this.#options.profile.iot ? this.#parts.things.obey(message) : undefined
    if (states !== undefined) this.#parts.firmware.report(states)
  }

  #takeMcp (payload: unknown): void {
    const { firmware, mcp } = this.#parts
    if (!this.#options.profile.mcp) return
    const reply = mcp.answer(payload)
    if (reply.kind === 'now') firmware.reply(() => reply.payload)
    else if (reply.kind === 'call') firmware.reply(reply.run, this.#options.toolCallMs)
  }
}

export function parseObject (text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
