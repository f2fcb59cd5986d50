// Not a hot file: a step of the model costs thousands of times what is allocated for it here.
//
// One pass:
//
//   records, unless it is behind → one decoding step → results, partials, hints → yield | sleep
//
// Audio is taken in no faster than it is decoded, so that what is too much fills the rings, where
// it is noticed, and not the memory of the recogniser.
import type { StreamedUtterance } from '../../native-bindings/streaming-recogniser.js'
import {
  MAX_PAYLOAD_BYTES, STREAM_BEGIN, STREAM_DAMAGED, STREAM_DROP, STREAM_END, STREAM_ENDPOINT_HINT, STREAM_PARTIAL, STREAM_PCM,
  STREAM_PCM_SAMPLES, STREAM_RESULT, STREAM_WHOLE
} from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { Speech } from './speech.js'
import type { StreamingLoopOptions, StreamingLoopParts } from './types.js'

/** Native streams are freed, and ports and logs of this thread run, only when it yields. */
const YIELD_EVERY_MS = 100
/** How soon a full ring is looked at again. */
const RETRY_MS = 5
/** Records of one ring in one pass: a second of one voice, a moment of many. */
const RECORDS_PER_PASS = 32

const encoder = new TextEncoder()
const textBytes = new Uint8Array(MAX_PAYLOAD_BYTES)

/** The resident loop of the streaming worker. */
export class StreamingLoop {
  readonly #options: StreamingLoopOptions
  readonly #parts: StreamingLoopParts
  readonly #header = new RecordHeader()
  readonly #payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  readonly #samples: Int16Array
  readonly #floats = new Float32Array(STREAM_PCM_SAMPLES)
  /** By slot: the utterance that takes audio; undefined where there is none or no room for it. */
  readonly #open: (Speech | undefined)[]
  #speeches: Speech[] = []
  readonly #hasInput = (): boolean => this.#isWanted()

  constructor (parts: StreamingLoopParts, options: StreamingLoopOptions) {
    this.#parts = parts
    this.#options = options
    this.#samples = new Int16Array(this.#payload.buffer)
    this.#open = new Array<Speech | undefined>(parts.slots.slots).fill(undefined)
  }

  async run (): Promise<void> {
    const yielded = (resolve: () => void): void => { setImmediate(resolve) }
    let yieldedAt = performance.now()
    while (Atomics.load(this.#parts.stopFlag, 0) === 0) {
      const isBusy = this.pass()
      if (isBusy && performance.now() - yieldedAt < YIELD_EVERY_MS) continue
      // Before a sleep, too: what ended is to be freed now and not when the next one speaks.
      await new Promise<void>(yielded)
      yieldedAt = performance.now()
      if (!isBusy) this.#rest()
    }
  }

  /** @returns false when there is nothing to do until the bell rings */
  pass (): boolean {
    this.#dropStale()
    if (!this.#isBehind()) this.#takeInput()
    const hasDecoded = this.#decode()
    this.#sendResults()
    this.#parts.outbox.flush()
    for (const outbox of this.#parts.toVoice) outbox.flush()
    return hasDecoded || this.#isWanted()
  }

  #rest (): void {
    const { bell, outbox, toVoice } = this.#parts
    const isHeldUp = outbox.isHeldUp || toVoice.some(({ isHeldUp }) => isHeldUp)
    bell.sleep(isHeldUp ? RETRY_MS : Infinity, this.#hasInput)
  }

  #isWanted (): boolean {
    const { fromVoice, stopFlag } = this.#parts
    if (Atomics.load(stopFlag, 0) !== 0) return true
    for (let at = 0; at < fromVoice.length; at++) if (fromVoice[at]!.usedBytes > 0) return true
    return false
  }

  #isBehind (): boolean {
    for (const { utterance } of this.#speeches) if (utterance.isReady) return true
    return false
  }

  /** Their seats were given away; nobody waits for their words. */
  #dropStale (): void {
    const { slots } = this.#parts
    for (let at = this.#speeches.length - 1; at >= 0; at--) {
      const speech = this.#speeches[at]!
      if (!slots.isAttached(speech.slot, speech.generation)) this.#forget(speech)
    }
  }

  #takeInput (): void {
    const { fromVoice, slots } = this.#parts
    for (let voice = 0; voice < fromVoice.length; voice++) {
      for (let taken = 0; taken < RECORDS_PER_PASS; taken++) {
        const length = fromVoice[voice]!.pop(this.#header, this.#payload)
        if (length < 0) break
        if (slots.isAttached(this.#header.slot, this.#header.generation)) this.#onRecord(voice, length)
      }
    }
  }

  #onRecord (voice: number, length: number): void {
    const { kind, flags, slot, generation, sequence, time } = this.#header
    const speech = this.#open[slot]
    if (kind === STREAM_PCM) {
      if (speech !== undefined) this.#accept(speech.utterance, length >> 1)
    } else if (kind === STREAM_BEGIN) {
      this.#begin(slot, generation, sequence, voice)
    } else if (kind === STREAM_END) {
      this.#end(speech, flags, slot, generation, time)
    } else if (kind === STREAM_DROP && speech !== undefined) {
      this.#forget(speech)
    }
  }

  #begin (slot: number, generation: number, number: number, voice: number): void {
    this.#open[slot] = undefined
    if (this.#speeches.length >= this.#options.maxStreams) return // its end will be told as damaged
    const speech = new Speech(slot, generation, number, voice, this.#parts.recogniser.open())
    this.#open[slot] = speech
    this.#speeches.push(speech)
  }

  #accept (utterance: StreamedUtterance, count: number): void {
    for (let at = 0; at < count; at++) this.#floats[at] = this.#samples[at]! / 32_768
    utterance.accept(count === STREAM_PCM_SAMPLES ? this.#floats : this.#floats.subarray(0, count))
  }

  #end (speech: Speech | undefined, flags: number, slot: number, generation: number, endpoint: number): void {
    if (speech !== undefined && flags === STREAM_WHOLE) {
      speech.finish(endpoint)
      this.#open[slot] = undefined
      return
    }
    if (speech !== undefined) this.#forget(speech)
    this.#parts.outbox.send(STREAM_RESULT, STREAM_DAMAGED, slot, generation, 0, undefined, 0, endpoint)
  }

  /** One step; whose speech is over comes first: somebody waits for an answer. */
  #decode (): boolean {
    const batch: Speech[] = []
    this.#gather(batch, true)
    this.#gather(batch, false)
    if (batch.length === 0) return false
    this.#parts.recogniser.decode(batch.map(({ utterance }) => utterance))
    for (const speech of batch) if (!speech.isOver) this.#tell(speech)
    // Those that had their turn go behind the others.
    this.#speeches = this.#speeches.filter(speech => !batch.includes(speech)).concat(batch)
    return true
  }

  #gather (batch: Speech[], isOver: boolean): void {
    for (const speech of this.#speeches) {
      if (batch.length >= this.#options.batchStreams) return
      if (speech.isOver === isOver && speech.utterance.isReady) batch.push(speech)
    }
  }

  #tell (speech: Speech): void {
    const { slot, generation, utterance } = speech
    const text = speech.nextPartial(this.#options.partialEveryMs)
    if (text !== undefined) {
      this.#header.set(STREAM_PARTIAL, slot, generation, 0)
      this.#header.time = speech.heardMs
      this.#parts.outbox.push(this.#header, encode(text))
    }
    // Told again with every step for as long as it is true: voice decides by the position.
    if (!utterance.isAtEndpoint) return
    const toVoice = this.#parts.toVoice[speech.voice]!
    toVoice.send(STREAM_ENDPOINT_HINT, 0, slot, generation, 0, undefined, speech.number, utterance.decodedSamples)
  }

  #sendResults (): void {
    for (let at = 0; at < this.#speeches.length; at++) {
      const speech = this.#speeches[at]!
      if (!speech.isOver || speech.utterance.isReady) continue
      const { slot, generation, endpoint, utterance } = speech
      this.#parts.outbox.send(STREAM_RESULT, STREAM_WHOLE, slot, generation, 0, encode(utterance.text), 0, endpoint)
      this.#forget(speech)
      at--
    }
  }

  #forget (speech: Speech): void {
    this.#speeches.splice(this.#speeches.indexOf(speech), 1)
    if (this.#open[speech.slot] === speech) this.#open[speech.slot] = undefined
  }
}

/** A text that is longer than a record is cut between two characters. */
function encode (text: string): Uint8Array {
  return textBytes.subarray(0, encoder.encodeInto(text, textBytes).written)
}
