// hot path
import { STREAM_BEGIN, STREAM_DAMAGED, STREAM_DROP, STREAM_END, STREAM_PCM, STREAM_PCM_SAMPLES, STREAM_WHOLE } from '../../src/ring/layout.js'
import type { Outbox } from '../../src/ring/outbox.js'
import { RecordHeader } from '../../src/ring/record-header.js'

const samplesOut = new Int16Array(STREAM_PCM_SAMPLES)
const bytesOut = new Uint8Array(samplesOut.buffer)

/**
 * Lets the streaming recogniser listen along to the utterances of one seat. Where its ring is full
 * the utterance is damaged: the rest of it is not sent, and its end says so.
 */
export class SpeechTap {
  readonly #outbox: Outbox
  readonly #slot: number
  readonly #header = new RecordHeader()
  #generation = -1
  #number = 0
  #isOpen = false
  #isDamaged = false

  constructor (outbox: Outbox, slot: number) {
    this.#outbox = outbox
    this.#slot = slot
  }

  /** A new device took the seat. */
  attach (generation: number): void {
    this.drop()
    this.#generation = generation
  }

  begin (): void {
    this.drop()
    this.#number = (this.#number + 1) & 0xffff
    this.#isOpen = true
    this.#isDamaged = false
    this.#send(STREAM_BEGIN, 0, 0)
  }

  append (samples: Int16Array, count: number): void {
    for (let at = 0; at < count && !this.#isDamaged; at += STREAM_PCM_SAMPLES) {
      const length = Math.min(STREAM_PCM_SAMPLES, count - at)
      for (let i = 0; i < length; i++) samplesOut[i] = samples[at + i]!
      this.#header.set(STREAM_PCM, this.#slot, this.#generation, 0)
      const bytes = length === STREAM_PCM_SAMPLES ? bytesOut : bytesOut.subarray(0, length * 2)
      this.#isDamaged = !this.#outbox.push(this.#header, bytes)
    }
  }

  /** @param utterance its number in the endpoint */
  end (utterance: number): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#send(STREAM_END, this.#isDamaged ? STREAM_DAMAGED : STREAM_WHOLE, utterance)
  }

  drop (): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#send(STREAM_DROP, 0, 0)
  }

  /** Is the utterance that is open the one of this number? */
  isOpen (number: number): boolean { return this.#isOpen && number === this.#number }

  #send (kind: number, flags: number, time: number): void {
    this.#outbox.send(kind, flags, this.#slot, this.#generation, 0, undefined, this.#number, time)
  }
}
