import { packetDurationMs } from '../simulator/opus-codec.js'
import type { JsonObject } from '../simulator/types.js'
import { Arrivals, isJson, type Audio, type Text, type Wanted } from './arrivals.js'
import { check, Unmet } from './verdicts.js'

export const FRAME_MS = 60

/** One device down to its messages, over whatever carries them. */
export abstract class DeviceLink {
  readonly arrivals = new Arrivals()
  sessionId = ''
  /** Sees each text before the cases do: how a device answers of itself. */
  onJson: ((message: JsonObject) => void) | undefined
  #isOver = false

  abstract sendText (text: string): void
  /** One Opus packet, framed as the dialect has it. */
  abstract sendPacket (packet: Buffer, timestamp?: number): void
  /** Hangs up as a device does, without a word. */
  abstract drop (): void

  /** Hangs up for good: whatever still runs for it is to end. */
  end (): void {
    this.#isOver = true
    this.drop()
  }

  /** With the session id first, as firmware builds it. */
  send (message: JsonObject): void { this.sendText(JSON.stringify({ session_id: this.sessionId, ...message })) }
  get mark (): number { return this.arrivals.length }

  expect (what: string, wanted: Wanted, withinMs: number, mark = 0) { return this.arrivals.expect(what, wanted, withinMs, mark) }
  refuse (what: string, unwanted: Wanted, forMs: number, mark = 0) { return this.arrivals.refuse(what, unwanted, forMs, mark) }

  audio (mark = 0): Audio[] { return this.arrivals.from(mark).filter((arrival): arrival is Audio => arrival.kind === 'audio') }
  texts (type: string, state?: string, mark = 0): Text[] {
    return this.arrivals.from(mark).filter((arrival): arrival is Text => isJson(type, state)(arrival))
  }

  /** The server's hello, with what every device needs of it. @throws Unmet */
  async expectHello (withinMs: number): Promise<JsonObject> {
    const hello = await this.expect('hello', isJson('hello'), withinMs) as Text
    const { session_id: sessionId } = hello.json!
    this.sessionId = typeof sessionId === 'string' ? sessionId : ''
    return hello.json!
  }

  listen (mode: 'auto' | 'manual' | 'realtime'): void { this.send({ type: 'listen', state: 'start', mode }) }
  listenStop (): void { this.send({ type: 'listen', state: 'stop' }) }
  detect (text: string): void { this.send({ type: 'listen', state: 'detect', text }) }
  abort (reason?: string): void { this.send(reason === undefined ? { type: 'abort' } : { type: 'abort', reason }) }

  /**
   * In real time, or as fast as the connection takes it.
   * @throws Unmet when the case is over
   */
  async speak (packets: readonly Buffer[], everyMs = FRAME_MS): Promise<void> {
    let dueAt = performance.now()
    for (const packet of packets) {
      if (this.#isOver) throw new Unmet('expected the device to be done; it speaks on')
      // Who speaks in a loop must not hold up all else: nothing of what he waits for would come.
      if (this.arrivals.hasEnded) { await pause(FRAME_MS); return }
      this.sendPacket(packet)
      dueAt += everyMs
      const waitMs = dueAt - performance.now()
      if (waitMs > 1) await pause(waitMs)
    }
  }

  /** Every packet is one that firmware can play. @throws Unmet */
  checkAudio (frames: readonly Audio[], durationMs = FRAME_MS): void {
    for (const { packet, bytes } of frames) {
      check(packet !== undefined, 'an exact header before every packet', `${bytes.length} bytes beginning ${bytes.toString('hex', 0, 16)}`)
      check(packet.length > 0, 'no empty packet')
      check((packet[0]! & 4) === 0, 'mono packets', `TOC byte 0x${packet[0]!.toString(16)}, which is stereo`)
      check(packetDurationMs(packet) === durationMs, `packets of ${durationMs} ms`, `one of ${packetDurationMs(packet)} ms`)
    }
  }
}

export function pause (ms: number): Promise<void> {
  return new Promise(resolve => { setTimeout(resolve, ms) })
}
