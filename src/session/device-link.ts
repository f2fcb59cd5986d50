import { dialectOf, FrameWriter, packetOffset } from '../protocol/audio-frame.js'
import {
  emotionMessage, helloMessage, keepAliveMessage, sentenceMessage, sttMessage, ttsMessage, type AudioParams
} from '../protocol/server-message.js'
import type { Clock } from './playout-clock.js'
import type { Line, SendResult } from './ports.js'

/** One device's socket, in the dialect that it speaks. */
export class DeviceLink {
  readonly #id: string
  readonly #line: Line
  readonly #clock: Clock
  readonly #isBehindGateway: boolean
  #frames: FrameWriter
  #sentAt: number

  /** @param isBehindGateway audio is framed as MQTT gateways do it, whatever the hello says */
  constructor (id: string, line: Line, clock: Clock, version: number | undefined, isBehindGateway: boolean) {
    this.#id = id
    this.#line = line
    this.#clock = clock
    this.#isBehindGateway = isBehindGateway
    this.#frames = new FrameWriter(dialectOf(version, isBehindGateway))
    this.#sentAt = clock.now()
  }

  /** When the device was last sent anything. */
  get sentAt (): number { return this.#sentAt }

  hello (version: number | undefined, audio: AudioParams): void {
    this.#frames = new FrameWriter(dialectOf(version, this.#isBehindGateway))
    this.text(helloMessage(this.#id, audio))
  }

  /** Where the packet of a binary message begins, or -1. */
  packetOffset (message: Uint8Array): number { return packetOffset(this.#frames.dialect, message) }

  stt (text: string): void { this.text(sttMessage(this.#id, text)) }
  sentence (text: string): void { this.text(sentenceMessage(this.#id, text)) }
  keepAlive (hasMcp: boolean): void { this.text(keepAliveMessage(hasMcp)) }
  emotionText (emotion: string, emoji: string): string { return emotionMessage(this.#id, emotion, emoji) }

  tts (state: 'start' | 'stop'): void {
    if (state === 'start') this.#frames.beginTurn()
    this.text(ttsMessage(this.#id, state))
  }

  frame (packet: Uint8Array, timestampMs: number): SendResult {
    this.#sentAt = this.#clock.now()
    return this.#line.sendBinary(this.#frames.write(packet, timestampMs))
  }

  text (message: string): void {
    this.#sentAt = this.#clock.now()
    this.#line.sendText(message)
  }

  close (code: number, reason: string): void { this.#line.close(code, reason) }
}
