import { BroadcastChannel } from 'node:worker_threads'
import { setTimeout as delay } from 'node:timers/promises'
import { sileroFile } from '../../native-bindings/model-files.js'
import { forbidTelemetry } from '../../native-bindings/onnx-runtime.js'
import type { Config } from '../../src/core/config-schema.js'
import { createLog } from '../../src/core/log.js'
import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { SleeperBell } from '../../src/ring/doorbell.js'
import { readEndpoint } from '../../src/ring/endpoint.js'
import {
  ATTACH, DOWNLINK_FRAME, ENDPOINT, HEAR, hearFlags, MAX_PAYLOAD_BYTES, PAUSE, SENTENCE, SPEECH_PCM, TURN_END, UPLINK_FRAME
} from '../../src/ring/layout.js'
import { microseconds } from '../../src/ring/microseconds.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { createArenaMemory, UtteranceArena } from '../../src/ring/utterance-arena.js'
import { VoiceCounters, type VoiceFigures } from '../../src/ring/voice-counters.js'
import type { VoiceStart } from '../../src/ring/worker-messages.js'
import { ResidentPool } from '../../src/threads/resident-pool.js'
import { WorkerLine } from '../../src/threads/worker-line.js'
import { CHANNEL, type ProbeAnswer, type ProbeQuestion } from './probed-voice-worker.js'

const RING_BYTES = 1 << 21
const PAGES = 4096
const GENERATION = 1
const ANSWER_PATIENCE_MS = 60_000

const sentence = new TextEncoder().encode('A sentence is announced before its audio.')
const nothing = new Uint8Array(0)

/**
 * A real voice worker in its thread, and this thread in the parts of the gateway and of a dialogue
 * worker: real rings, real bells, a started Piscina.
 */
export class VoiceHarness {
  readonly slots: SlotTable
  downlinkFrames = 0
  endpoints = 0
  readonly #pool: ResidentPool
  readonly #closers: (() => void)[] = []
  readonly #channel = new BroadcastChannel(CHANNEL)
  readonly #header = new RecordHeader()
  readonly #payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  readonly #bell = new SleeperBell()
  readonly #counters = new VoiceCounters()
  readonly #arenaMemory = createArenaMemory(PAGES)
  readonly #arena = new UtteranceArena(this.#arenaMemory)
  readonly #dialogueMemory = createRingMemory(RING_BYTES)
  readonly #dialogueRing = new ByteRing(this.#dialogueMemory)
  readonly #sequences: Uint16Array
  /** As the slot table counts them: modulo 2^32. */
  readonly #pushedSamples: Int32Array
  /** 1 while a turn of the slot is spoken. */
  readonly #speaking: Uint8Array
  #gatewayRing: ByteRing | undefined
  #line: WorkerLine | undefined

  constructor (seats: number) {
    this.slots = SlotTable.create(seats)
    this.#sequences = new Uint16Array(seats)
    this.#pushedSamples = new Int32Array(seats)
    this.#speaking = new Uint8Array(seats)
    forbidTelemetry()
    this.#pool = new ResidentPool({
      name: 'voice',
      file: new URL('./probed-voice-worker.js', import.meta.url),
      workers: 1,
      log: createLog({ json: false, level: 'warn' }),
      onLost: error => { setImmediate(() => { throw error }) }
    })
  }

  async start (config: Config): Promise<void> {
    const { link, news, close } = this.#pool.link(RING_BYTES, RING_BYTES, ring => this.#take(ring))
    this.#gatewayRing = new ByteRing(link.fromGateway)
    this.#line = new WorkerLine(this.#gatewayRing, this.#bell)
    this.#closers.push(close)
    const task: VoiceStart = {
      ...link,
      config,
      stopFlag: this.#pool.stopFlag,
      slots: this.slots.memory,
      firstSlot: 0,
      arena: this.#arenaMemory,
      bell: this.#bell.memory,
      fromDialogue: [this.#dialogueMemory],
      sileroPath: sileroFile().path,
      counters: this.#counters.memory
    }
    await this.#pool.start(task, [link.control, link.gatewayBellPort], news)
  }

  async stop (): Promise<void> {
    await this.#pool.stop(() => { this.#bell.ring() })
    this.#line?.close()
    this.#channel.close()
    for (const close of this.#closers) close()
  }

  get usedPages (): number { return this.#arena.usedPages }
  get figures (): VoiceFigures { return this.#counters.read() }

  /** Bytes that the worker has not taken yet. */
  get uplinkBacklogBytes (): number { return this.#gatewayRing!.usedBytes }

  /** A session takes the slot and its microphone is open. */
  seat (slot: number): void {
    this.slots.setEpoch(slot, GENERATION, 0)
    this.#line!.send(ATTACH, 0, slot, GENERATION, 0)
    this.#line!.send(HEAR, hearFlags(false, 1), slot, GENERATION, 0, new Uint8Array(4))
  }

  pushFrame (slot: number, packet: Uint8Array): boolean {
    this.#header.set(UPLINK_FRAME, slot, GENERATION, this.slots.turn(slot))
    this.#header.sequence = this.#sequences[slot]!
    this.#header.time = microseconds()
    if (!this.#line!.pushFrame(this.#header, packet)) return false
    this.#sequences[slot]!++
    return true
  }

  /** Speech of the slot that is on its way to the encoder, in ms. */
  unencodedMs (slot: number, rateHz: number): number {
    const inRing = (this.#pushedSamples[slot]! - this.slots.pcmPopped(slot)) | 0
    return inRing / rateHz * 1000 + this.slots.unencodedMs(slot)
  }

  /** Is the last turn of the slot spoken to its end? */
  isSilent (slot: number): boolean { return this.#speaking[slot] === 0 }

  beginTurn (slot: number): void {
    this.#speaking[slot] = 1
    this.slots.setEpoch(slot, GENERATION, (this.slots.turn(slot) + 1) & 0xffff)
    this.#pushDialogue(SENTENCE, slot, 0, sentence)
  }

  pushSpeech (slot: number, pcm: Uint8Array, rateHz: number): void {
    if (this.#pushDialogue(SPEECH_PCM, slot, rateHz, pcm)) this.#pushedSamples[slot] = (this.#pushedSamples[slot]! + (pcm.length >> 1)) | 0
  }

  endTurn (slot: number): void { this.#pushDialogue(TURN_END, slot, 0, nothing) }

  /** Asks the probe in the worker's thread. */
  async ask<K extends ProbeQuestion> (question: K): Promise<Extract<ProbeAnswer, { readonly kind: K }>> {
    const answer = new Promise<Extract<ProbeAnswer, { readonly kind: K }>>(resolve => {
      this.#channel.onmessage = event => { resolve((event as { readonly data: Extract<ProbeAnswer, { readonly kind: K }> }).data) }
    })
    this.#channel.postMessage(question)
    this.#bell.ring()
    const controller = new AbortController()
    const late = delay(ANSWER_PATIENCE_MS, undefined, { signal: controller.signal }).then(() => { throw new Error(`the voice worker did not answer "${question}"`) })
    late.catch(() => {}) // it was answered
    try {
      return await Promise.race([answer, late])
    } finally {
      controller.abort()
    }
  }

  #pushDialogue (kind: number, slot: number, time: number, payload: Uint8Array): boolean {
    this.#header.set(kind, slot, GENERATION, this.slots.turn(slot))
    this.#header.time = time
    const isTaken = this.#dialogueRing.push(this.#header, payload, payload.length)
    this.#bell.ring()
    return isTaken
  }

  #take (ring: ByteRing): boolean {
    if (ring.pop(this.#header, this.#payload) < 0) return false
    if (this.#header.kind === DOWNLINK_FRAME) {
      this.downlinkFrames++
      this.slots.addSent(this.#header.slot)
    } else if (this.#header.kind === TURN_END) {
      this.#speaking[this.#header.slot] = 0
    } else if (this.#header.kind === ENDPOINT || this.#header.kind === PAUSE) {
      if (this.#header.kind === ENDPOINT) this.endpoints++
      for (const page of readEndpoint(this.#payload).pages) this.#arena.release(page)
    }
    return true
  }
}
