import { SlotTable } from '../../src/ring/slot-table.js'
import { Playout, PlayoutStats, type PlayoutOptions } from '../../src/session/playout.js'
import type { Prompt, SendResult } from '../../src/session/ports.js'
import { FakeClock } from './fake-clock.js'

export interface Sent { readonly at: number, readonly what: string }

export const SLOT = 3
export const playoutOptions: PlayoutOptions = {
  frameMs: 60, leadMs: 240, refillMs: 300, startGapMs: 100, restartGapMs: 50, maxAheadMs: 1000, maxAheadPackets: 18
}

/** A playout whose messages are written down: `start`, `f7`, `"text"`, `text:…`, `stop`. */
export class PlayoutRig {
  readonly clock: FakeClock
  readonly slots = SlotTable.create(8)
  readonly stats = new PlayoutStats()
  readonly sent: Sent[] = []
  readonly timestamps: number[] = []
  readonly playout: Playout
  /** What the socket says to the next frames. */
  result: SendResult = 'sent'
  onFrame: () => void = () => {}
  #frames = 0

  constructor (options: Partial<PlayoutOptions> = {}, clock = new FakeClock()) {
    this.clock = clock
    this.playout = new Playout(this.clock, this.slots, { ...playoutOptions, ...options }, {
      sendTts: state => { this.#note(state) },
      sendSentence: text => { this.#note(`"${text}"`) },
      sendText: text => { this.#note(`text:${text}`) },
      sendFrame: (packet, timestampMs) => {
        this.#note(packet[0] === 0xff ? `p${packet[1]!}` : `f${packet[0]! * 256 + packet[1]!}`)
        this.timestamps.push(timestampMs)
        this.onFrame()
        return this.result
      },
      onSpoken: () => { this.#note('spoken') }
    }, this.stats)
  }

  /** As voice does: counted as encoded, then handed over. */
  push (frames: number): void {
    for (let frame = 0; frame < frames; frame++) {
      this.slots.addEncoded(SLOT)
      this.playout.pushFrame(Uint8Array.of(this.#frames >> 8, this.#frames & 0xff))
      this.#frames++
    }
  }

  /** Keeps as many frames waiting as credit allows, as voice does, for a time. */
  feed (ms: number, credit = 16): void {
    for (let passed = 0; passed < ms; passed += 5) {
      while (this.slots.framesAhead(SLOT) < credit) this.push(1)
      this.clock.advance(5)
    }
  }

  get credit (): number { return this.slots.framesAhead(SLOT) }
  get words (): string[] { return this.sent.map(({ what }) => what) }
  get frameTimes (): number[] { return this.sent.filter(({ what }) => /^[fp]\d/.test(what)).map(({ at }) => at) }

  timesOf (what: string): number[] { return this.sent.filter(sent => sent.what === what).map(({ at }) => at) }

  /** Forgets what was sent. */
  clear (): void { this.sent.length = 0 }

  #note (what: string): void { this.sent.push({ at: this.clock.now(), what }) }
}

export function makePrompt (packets: number): Prompt {
  return { text: 'sorry', packets: Array.from({ length: packets }, (_, index) => Uint8Array.of(0xff, index)) }
}
