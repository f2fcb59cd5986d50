import { ByteRing, type RingMemory } from '../../../src/ring/byte-ring.js'
import { ASK, ATTACH, CANCEL, DETACH, DETACHED, MAX_PAYLOAD_BYTES, SENTENCE, SPEECH_PCM, TURN_END, TURN_OK } from '../../../src/ring/layout.js'
import { Outbox } from '../../../src/ring/outbox.js'
import { RecordHeader } from '../../../src/ring/record-header.js'
import type { SlotTable } from '../../../src/ring/slot-table.js'

export const RATE_HZ = 24_000
const CREDIT_MS = 1000
const NO_PAYLOAD = new Uint8Array(0)
const MOST_PIECES = 12
const MOST_PIECE_SAMPLES = 1900

/** An answer that is being spoken; `tag` is the value of each of its samples. */
export interface Answer {
  readonly slot: number
  readonly generation: number
  readonly turn: number
  readonly tag: number
  pieces: number
  samples: number
  hasBegun: boolean
  isOver: boolean
}

export interface DialogueLinks {
  readonly slots: SlotTable
  readonly fromGateway: RingMemory
  readonly toGateway: RingMemory
  readonly toVoice: RingMemory
  readonly random: () => number
}

/** A dialogue worker as the rings see it: it is slow, and learns late that nobody listens. */
export class DialoguePeer {
  /** How long the answers were that were spoken to their end, by their tags. */
  readonly spoken = new Map<number, number>()
  readonly #links: DialogueLinks
  readonly #in: ByteRing
  readonly #toVoice: ByteRing
  readonly #outbox: Outbox
  readonly #header = new RecordHeader()
  readonly #payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  readonly #guests = new Map<number, number>()
  readonly #leaving: { readonly slot: number, readonly generation: number }[] = []
  #answers: Answer[] = []

  constructor (links: DialogueLinks) {
    this.#links = links
    this.#in = new ByteRing(links.fromGateway)
    this.#toVoice = new ByteRing(links.toVoice)
    this.#outbox = new Outbox(new ByteRing(links.toGateway), { ring () {} })
  }

  /** Does one thing. @returns false when there was nothing to do */
  act (): boolean {
    const { random } = this.#links
    this.#outbox.flush()
    if (random() < 0.5) return this.#take() || this.#speak() || this.#leave()
    return this.#speak() || this.#leave() || this.#take()
  }

  #take (): boolean {
    const length = this.#in.pop(this.#header, this.#payload)
    if (length < 0) return false
    const { kind, slot, generation, turn } = this.#header
    if (kind === ATTACH) this.#guests.set(slot, generation)
    if (this.#guests.get(slot) !== generation) return true
    if (kind === ASK) {
      const tag = Number(Buffer.from(this.#payload.buffer, 0, length).toString())
      const pieces = Math.floor(this.#links.random() * MOST_PIECES)
      this.#answers.push({ slot, generation, turn, tag, pieces, samples: 0, hasBegun: false, isOver: false })
    } else if (kind === CANCEL) {
      this.#answers = this.#answers.filter(answer => answer.slot !== slot)
    } else if (kind === DETACH) {
      this.#guests.delete(slot)
      this.#leaving.push({ slot, generation })
    }
    return true
  }

  /** Frees a slot as DialogueDesk does: only when nothing of it can push any more. */
  #leave (): boolean {
    const left = this.#leaving.shift()
    if (left === undefined) return false
    this.#answers = this.#answers.filter(({ slot }) => slot !== left.slot)
    this.#outbox.send(DETACHED, 0, left.slot, left.generation, 0)
    this.#outbox.flush()
    return true
  }

  #speak (): boolean {
    const { random } = this.#links
    const answer = this.#answers[Math.floor(random() * this.#answers.length)]
    if (answer === undefined || !this.#sayNext(answer)) return false
    if (answer.isOver) this.#answers.splice(this.#answers.indexOf(answer), 1)
    return true
  }

  #sayNext (answer: Answer): boolean {
    if (!answer.hasBegun) {
      // Long texts fill the ring to the gateway, so that marks must wait.
      const text = `${answer.tag}`.padEnd(10 + Math.floor(this.#links.random() * 900))
      return answer.hasBegun = this.#mark(answer, SENTENCE, Buffer.from(text))
    }
    if (answer.pieces > 0) return this.#pushPiece(answer)
    answer.isOver = this.#mark(answer, TURN_END, NO_PAYLOAD)
    if (answer.isOver) this.spoken.set(answer.tag, answer.samples)
    return answer.isOver
  }

  #mark ({ slot, generation, turn }: Answer, kind: number, payload: Uint8Array): boolean {
    const header = this.#header.set(kind, slot, generation, turn)
    header.flags = TURN_OK
    return this.#toVoice.push(header, payload, payload.length)
  }

  #pushPiece (answer: Answer): boolean {
    const { slots, random } = this.#links
    const { slot, generation, turn, tag } = answer
    const ahead = slots.pcmAhead(slot)
    if (ahead < 0) throw new RangeError(`the credit of slot ${slot} is ${ahead}`)
    if (ahead / RATE_HZ * 1000 + slots.unencodedMs(slot) > CREDIT_MS) return false
    const samples = new Int16Array(1 + Math.floor(random() * MOST_PIECE_SAMPLES)).fill(tag)
    const bytes = new Uint8Array(samples.buffer)
    if (!this.#toVoice.hasRoom(SPEECH_PCM, bytes.length)) return false
    slots.addPcmPushed(slot, samples.length)
    const header = this.#header.set(SPEECH_PCM, slot, generation, turn)
    header.time = RATE_HZ
    if (!this.#toVoice.push(header, bytes, bytes.length)) throw new RangeError('there was room for this record')
    answer.samples += samples.length
    answer.pieces--
    return true
  }
}
