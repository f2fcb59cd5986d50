import { randomUUID } from 'node:crypto'
import type { Config } from '../../src/core/config-schema.js'
import { describeError } from '../../src/core/errors.js'
import type { AnswerMark } from '../../src/dialogue/answer.js'
import { Conversation } from '../../src/dialogue/conversation.js'
import { Pronunciation } from '../../src/dialogue/pronunciation.js'
import type { TurnSink } from '../../src/dialogue/turn.js'
import type { Llm, Tts } from '../../src/providers/types.js'
import type { ByteRing } from '../../src/ring/byte-ring.js'
import type { SleeperBell } from '../../src/ring/doorbell.js'
import {
  ASK, ATTACH, CANCEL, DETACH, DETACHED, EMOTION, FORGET, MAX_PAYLOAD_BYTES, SENTENCE, SPEAK, TURN_END, TURN_FAILED, TURN_OK
} from '../../src/ring/layout.js'
import type { Outbox } from '../../src/ring/outbox.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import {
  STAMP_FIRST_AUDIO, STAMP_FIRST_TOKEN, STAMP_MODEL_REQUEST, STAMP_SENTENCE, STAMP_VOICE_REQUEST, type SlotTable
} from '../../src/ring/slot-table.js'
import { SpeechOut, type TurnAddress } from './speech-out.js'
import type { ToolDesk } from './tool-desk.js'

export interface DeskOptions {
  readonly config: Config
  readonly llm: Llm
  readonly tts: Tts
  /** How many may be asked in turn, each of which has the time of one. */
  readonly members: { readonly llm: number, readonly tts: number }
  readonly tools: ToolDesk
  readonly slots: SlotTable
  readonly fromGateway: ByteRing
  readonly outbox: Outbox
  readonly toVoice: readonly { readonly ring: ByteRing, readonly bell: SleeperBell }[]
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>) => void
}

interface Guest {
  readonly generation: number
  /** The number of its conversation. */
  readonly number: number
  readonly conversation: Conversation
  readonly out: SpeechOut
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const stampOf: Readonly<Record<AnswerMark, number>> = {
  modelRequest: STAMP_MODEL_REQUEST,
  firstToken: STAMP_FIRST_TOKEN,
  sentence: STAMP_SENTENCE,
  voiceRequest: STAMP_VOICE_REQUEST,
  firstAudio: STAMP_FIRST_AUDIO
}
/** How soon a full ring towards the gateway is looked at again. */
const RETRY_MS = 5

/** Keeps the conversations of one dialogue worker and moves records between them and the rings. */
export class DialogueDesk {
  readonly #options: DeskOptions
  readonly #guests = new Map<number, Guest>()
  /** Conversations whose sessions have no seat at present, by their numbers. */
  readonly #kept = new Map<number, Conversation>()
  readonly #header = new RecordHeader()
  readonly #pronunciation: Pronunciation
  readonly #payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  readonly #bytes: Uint8Array
  #retry: NodeJS.Timeout | undefined

  constructor (options: DeskOptions) {
    this.#options = options
    this.#pronunciation = new Pronunciation(options.config.tts.pronunciations)
    this.#bytes = new Uint8Array(this.#payload.buffer)
  }

  /** Handles one record of the gateway's. @returns false when there is none */
  takeOne (): boolean {
    const length = this.#options.fromGateway.pop(this.#header, this.#payload)
    if (length < 0) return false
    const { kind, slot, generation, turn } = this.#header
    if (kind === ATTACH) { this.#attach(slot, generation, this.#readText(length)); return true }
    if (kind === FORGET) { this.#forget(Number(this.#readText(length))); return true }
    const guest = this.#guests.get(slot)
    if (guest === undefined || guest.generation !== generation) return true
    if (kind === ASK) void this.#ask(guest, { slot, generation, turn }, this.#readText(length))
    else if (kind === SPEAK) void this.#speak(guest, { slot, generation, turn }, this.#readText(length))
    else if (kind === CANCEL) void guest.conversation.cancel()
    else if (kind === DETACH) this.#detach(slot, guest)
    return true
  }

  async close (): Promise<void> {
    const conversations = [...[...this.#guests.values()].map(guest => guest.conversation), ...this.#kept.values()]
    await Promise.all(conversations.map(conversation => conversation.close()))
    this.#guests.clear()
    this.#kept.clear()
    clearTimeout(this.#retry)
  }

  /** `who`: the number of the conversation, a space, and the language. */
  #attach (slot: number, generation: number, who: string): void {
    const { config, toVoice, slots } = this.#options
    const [number, language] = who.split(' ')
    const link = toVoice[Math.floor(slot / config.threads.maxSeats)]!
    const conversation = this.#kept.get(Number(number)) ?? this.#begin(Number(number), language!)
    this.#kept.delete(Number(number))
    this.#guests.set(slot, { generation, number: Number(number), out: new SpeechOut(link.ring, link.bell, slots), conversation })
  }

  #begin (number: number, language: string): Conversation {
    const { config, llm, tts, tools, members } = this.#options
    return new Conversation({
      id: randomUUID(),
      llm,
      tts,
      pronunciation: this.#pronunciation,
      language,
      tools: () => tools.find(number),
      toolLimits: config.tools,
      maxKeptCharacters: config.tools.maxKeptCharacters,
      llmDeadlines: { firstMs: config.llm.firstTokenTimeoutMs * members.llm, stallMs: config.llm.stallTimeoutMs },
      ttsDeadlines: { firstMs: config.tts.firstAudioTimeoutMs * members.tts, stallMs: config.tts.stallTimeoutMs },
      systemPrompt: config.llm.systemPrompt,
      historyTurns: config.llm.historyTurns
    })
  }

  #detach (slot: number, guest: Guest): void {
    this.#guests.delete(slot)
    this.#kept.set(guest.number, guest.conversation)
    // Freed only when nothing of it can push any more: the slot's next owner must not hear it.
    void guest.conversation.cancel().then(() => { this.#tellGateway(DETACHED, slot, guest.generation, 0) })
  }

  #forget (number: number): void {
    const conversation = this.#kept.get(number)
    this.#kept.delete(number)
    void conversation?.close()
  }

  #tellGateway (kind: number, slot: number, generation: number, turn: number, text = ''): void {
    this.#options.outbox.send(kind, 0, slot, generation, turn, encoder.encode(text))
    this.#flush()
  }

  // What finds the ring full would otherwise wait for the next record of whoever comes next.
  #flush (): void {
    const { outbox } = this.#options
    outbox.flush()
    if (!outbox.isHeldUp) return
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined
      this.#flush()
    }, RETRY_MS)
  }

  async #ask (guest: Guest, address: TurnAddress, text: string): Promise<void> {
    await guest.conversation.ask(text, this.#sinkOf(guest, address))
  }

  async #speak (guest: Guest, address: TurnAddress, text: string): Promise<void> {
    await guest.conversation.say(text, this.#sinkOf(guest, address))
  }

  #sinkOf (guest: Guest, address: TurnAddress): TurnSink {
    const { log, tools, slots } = this.#options
    const { slot, generation, turn } = address
    // Marks keep their order: each waits for the one before, and PCM waits for all of them.
    let marked = Promise.resolve()
    const mark = (kind: number, flags: number, payload: Uint8Array): void => {
      marked = marked.then(() => guest.out.mark(kind, flags, address, payload))
    }
    return {
      onMark: (kind, at) => { slots.stamp(slot, generation, turn, stampOf[kind], at) },
      onMood: ({ emotion, emoji }) => {
        this.#tellGateway(EMOTION, slot, generation, turn, `${emotion}\t${emoji}`)
      },
      onSentence: text => { mark(SENTENCE, 0, encoder.encode(text)) },
      onPcm: async (chunk, signal) => {
        await marked
        await guest.out.push(chunk, address, signal)
      },
      onTool: name => { tools.show(guest.number, name) },
      whenHeard: signal => guest.out.whenHeard(address, signal),
      onEnd: isFailed => { mark(TURN_END, isFailed ? TURN_FAILED : TURN_OK, new Uint8Array(0)) },
      onError: error => { log('warn', 'a turn failed', { slot, turn, error: describeError(error) }) }
    }
  }

  #readText (length: number): string { return decoder.decode(this.#bytes.subarray(0, length)) }
}
