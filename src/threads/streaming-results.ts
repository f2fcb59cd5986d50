import { ChorusError } from '../core/errors.js'
import type { WorkTimes } from '../core/turn-stages.js'
import type { ByteRing } from '../ring/byte-ring.js'
import { MAX_PAYLOAD_BYTES, STREAM_PARTIAL, STREAM_RESULT, STREAM_WHOLE } from '../ring/layout.js'
import { microseconds } from '../ring/microseconds.js'
import { RecordHeader } from '../ring/record-header.js'
import type { SlotTable } from '../ring/slot-table.js'
import type { EngineSink } from './engine-sink.js'
import type { Recogniser, Utterance, UtteranceName } from './recogniser.js'

/** Results of one slot that came before their endpoint; more than that nobody asks for. */
const KEPT_RESULTS = 8

interface Result { readonly name: UtteranceName, readonly flags: number, readonly text: string }
interface Waiting { readonly name: UtteranceName, readonly settle: (result: Result) => void }

/** For `/healthz`, since the start. */
export interface StreamingFigures { readonly results: number, readonly partials: number, readonly damaged: number }

/** What the streaming worker says: endpoints and their words meet here, in whatever order. */
export class StreamingResults implements Recogniser {
  /** It listens along anyway: at a pause there is no result of its own. */
  readonly takesGuesses = false
  readonly isIdle = true
  readonly #slots: SlotTable
  readonly #sink: Pick<EngineSink, 'onPartial'>
  readonly #arrived = new Map<number, Result[]>()
  readonly #waiting = new Map<number, Waiting[]>()
  readonly #header = new RecordHeader()
  readonly #payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  readonly #text = new TextDecoder()
  #results = 0
  #partials = 0
  #damaged = 0

  constructor (slots: SlotTable, sink: Pick<EngineSink, 'onPartial'>) {
    this.#slots = slots
    this.#sink = sink
  }

  get figures (): StreamingFigures { return { results: this.#results, partials: this.#partials, damaged: this.#damaged } }

  /**
   * The words of an endpoint, of which nothing but its name is needed.
   * @throws CHORUS_STREAMING_BUSY when it was not heard as a whole; what `signal` is aborted with
   */
  async recognise ({ name }: Utterance, signal: AbortSignal, times: WorkTimes): Promise<string> {
    times.begunAt = microseconds()
    const { flags, text } = this.#takeArrived(name) ?? await this.#wait(name, signal)
    times.endedAt = microseconds()
    if (flags !== STREAM_WHOLE) throw new ChorusError('CHORUS_STREAMING_BUSY')
    return text
  }

  /** @returns false when the ring is empty */
  takeOne (ring: ByteRing): boolean {
    const length = ring.pop(this.#header, this.#payload)
    if (length < 0) return false
    const { kind, flags, slot, generation, time } = this.#header
    if (!this.#slots.isAttached(slot, generation)) return true
    const text = this.#text.decode(new Uint8Array(this.#payload.buffer, 0, length))
    if (kind === STREAM_PARTIAL) {
      this.#partials++
      this.#sink.onPartial(slot, text)
    } else if (kind === STREAM_RESULT) {
      this.#onResult({ name: { slot, generation, utterance: time }, flags, text })
    }
    return true
  }

  #onResult (result: Result): void {
    this.#results++
    if (result.flags !== STREAM_WHOLE) this.#damaged++
    const { slot } = result.name
    const waiting = this.#waiting.get(slot)?.find(({ name }) => isSame(name, result.name))
    if (waiting !== undefined) { waiting.settle(result); return }
    const arrived = this.#arrived.get(slot) ?? []
    this.#arrived.set(slot, [...arrived, result].slice(-KEPT_RESULTS))
  }

  /** Those of utterances before it belong to endpoints that the session did not want. */
  #takeArrived (name: UtteranceName): Result | undefined {
    const { slot, generation, utterance } = name
    const arrived = this.#arrived.get(slot) ?? []
    const later = arrived.filter(result => result.name.generation === generation && result.name.utterance > utterance)
    if (later.length > 0) this.#arrived.set(slot, later)
    else this.#arrived.delete(slot)
    return arrived.find(result => isSame(result.name, name))
  }

  #wait (name: UtteranceName, signal: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        signal.removeEventListener('abort', giveUp)
        const others = (this.#waiting.get(name.slot) ?? []).filter(one => one !== waiting)
        if (others.length > 0) this.#waiting.set(name.slot, others)
        else this.#waiting.delete(name.slot)
      }
      const giveUp = (): void => { stop(); reject(signal.reason as Error) }
      const waiting: Waiting = { name, settle: result => { stop(); resolve(result) } }
      if (signal.aborted) { reject(signal.reason as Error); return }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.set(name.slot, [...this.#waiting.get(name.slot) ?? [], waiting])
    })
  }
}

function isSame (a: UtteranceName, b: UtteranceName): boolean { return a.generation === b.generation && a.utterance === b.utterance }
