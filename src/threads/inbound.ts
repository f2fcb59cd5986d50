// hot path
import type { ByteRing } from '../ring/byte-ring.js'
import { readEndpoint, readEndpointTimes } from '../ring/endpoint.js'
import { DETACHED, DOWNLINK_FRAME, ECHO_LASTS, EMOTION, ENDPOINT, MAX_PAYLOAD_BYTES, PAUSE, SENTENCE, SPEECH_LASTS, SPEECH_STARTED, TURN_END, TURN_FAILED } from '../ring/layout.js'
import { RecordHeader } from '../ring/record-header.js'
import type { SlotTable } from '../ring/slot-table.js'
import type { EngineSink } from './engine-sink.js'
import type { HeardIn, Recognition } from './recognition.js'
import type { SlotPool } from './slot-pool.js'

/** Reads what the workers send to the gateway; what is stale goes no further. */
export class Inbound {
  readonly #slots: SlotTable
  readonly #slotPool: SlotPool
  readonly #sink: EngineSink
  readonly #recognition: Recognition
  readonly #voiceOf: (slot: number) => number
  readonly #header = new RecordHeader()
  readonly #payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  readonly #bytes: Uint8Array
  readonly #text = new TextDecoder()

  constructor (slots: SlotTable, slotPool: SlotPool, sink: EngineSink, recognition: Recognition, voiceOf: (slot: number) => number) {
    this.#slots = slots
    this.#slotPool = slotPool
    this.#sink = sink
    this.#recognition = recognition
    this.#voiceOf = voiceOf
    this.#bytes = new Uint8Array(this.#payload.buffer)
  }

  /** @returns false when the ring is empty */
  takeFromVoice (ring: ByteRing): boolean {
    const length = ring.pop(this.#header, this.#payload)
    if (length < 0) return false
    const { kind, flags, slot, generation, turn } = this.#header
    if (kind === DOWNLINK_FRAME) this.#onFrame(slot, generation, turn, length)
    else if (kind === ENDPOINT || kind === PAUSE) this.#onEndpoint(kind, { slot, generation, hearing: flags })
    else if (kind === DETACHED) this.#slotPool.letGo(slot, generation, 'voice')
    else if (kind === SPEECH_STARTED || kind === SPEECH_LASTS || kind === ECHO_LASTS) this.#onSpeech(kind, slot, generation, flags)
    else if (this.#slots.isCurrent(slot, generation, turn)) this.#onTurnRecord(kind, flags, slot, turn, length)
    return true
  }

  /** @returns false when the ring is empty */
  takeFromDialogue (ring: ByteRing): boolean {
    const length = ring.pop(this.#header, this.#payload)
    if (length < 0) return false
    const { kind, slot, generation, turn } = this.#header
    if (kind === DETACHED) this.#slotPool.letGo(slot, generation, 'dialogue')
    else if (kind === EMOTION && this.#slots.isCurrent(slot, generation, turn)) {
      const [emotion, emoji] = this.#readText(length).split('\t')
      this.#sink.onEmotion(slot, turn, emotion!, emoji!)
    }
    return true
  }

  #onFrame (slot: number, generation: number, turn: number, length: number): void {
    // A stale frame has left, too: to nowhere. Its credit must come back.
    if (this.#slots.isCurrent(slot, generation, turn)) this.#sink.onFrame(slot, turn, this.#bytes.subarray(0, length))
    else this.#slots.addSent(slot)
  }

  #onEndpoint (kind: number, source: HeardIn): void {
    const arena = this.#voiceOf(source.slot)
    if (kind === PAUSE) this.#recognition.onPause(source, arena, readEndpoint(this.#payload))
    else this.#recognition.onEndpoint(source, arena, readEndpoint(this.#payload), readEndpointTimes(this.#payload))
  }

  #onSpeech (kind: number, slot: number, generation: number, hearing: number): void {
    if (!this.#slots.isAttached(slot, generation)) return
    if (kind === SPEECH_STARTED) this.#sink.onSpeechStarted(slot, hearing)
    else if (kind === SPEECH_LASTS) this.#sink.onSpeechLasts(slot, hearing)
    else this.#sink.onEchoLasts(slot, hearing)
  }

  #onTurnRecord (kind: number, flags: number, slot: number, turn: number, length: number): void {
    if (kind === SENTENCE) this.#sink.onSentence(slot, turn, this.#readText(length))
    else if (kind === TURN_END) this.#sink.onTurnEnd(slot, turn, flags === TURN_FAILED)
  }

  #readText (length: number): string { return this.#text.decode(this.#bytes.subarray(0, length)) }
}
