import type { MessagePort } from 'node:worker_threads'
import { ResamplerLibrary } from '../../../native-bindings/resampler.js'
import { ByteRing, createRingMemory, type RingMemory } from '../../../src/ring/byte-ring.js'
import { LoopBell, SleeperBell } from '../../../src/ring/doorbell.js'
import { HEAR, HEAR_AUTO, MAX_PAYLOAD_BYTES, SENTENCE, SPEECH_PCM, TURN_END, UPLINK_FRAME } from '../../../src/ring/layout.js'
import { microseconds } from '../../../src/ring/microseconds.js'
import { Outbox } from '../../../src/ring/outbox.js'
import { RecordHeader } from '../../../src/ring/record-header.js'
import { SlotTable } from '../../../src/ring/slot-table.js'
import { VoiceCounters } from '../../../src/ring/voice-counters.js'
import { createArenaMemory, UtteranceArena } from '../../../src/ring/utterance-arena.js'
import type { VoiceLoopOptions } from '../../../workers/voice/types.js'
import { VoiceLoop } from '../../../workers/voice/voice-loop.js'
import { hearingDefaults, opus, vad } from './ear.js'

const resamplers = await ResamplerLibrary.load()
const encoder = new TextEncoder()
const NO_PAYLOAD: Uint8Array = new Uint8Array(0)
const SLOTS = 64
/** The worker under test serves the slots from here on. */
export const FIRST_SLOT = 8

export interface Taken {
  readonly kind: number
  readonly flags: number
  readonly slot: number
  readonly generation: number
  readonly turn: number
  readonly payload: Uint8Array
}

interface Content { readonly flags: number, readonly time: number, readonly payload: Uint8Array }
export interface Address { readonly slot?: number, readonly generation?: number, readonly turn?: number }

/** Stands for the rest: the loop's sleep is the moment in which the other threads do something. */
class ScriptedBell extends SleeperBell {
  /** How long the loop would have slept at most, each time. */
  readonly sleeps: number[] = []
  readonly #step: () => void
  readonly #stepWhileDozing: () => void

  constructor (step: () => void, isWatchedWhileDozing: boolean) {
    super()
    this.#step = step
    this.#stepWhileDozing = isWatchedWhileDozing ? step : () => {} // time flies
  }

  override sleep (timeoutMs: number): void {
    this.sleeps.push(timeoutMs)
    this.#step()
  }

  override doze (): void { this.#stepWhileDozing() }
}

/** Tells when its reader has found it empty: other threads may do something just then. */
class WatchedRing extends ByteRing {
  readonly #onEmpty: () => void

  constructor (memory: RingMemory, onEmpty: () => void) {
    super(memory)
    this.#onEmpty = onEmpty
  }

  override pop (header: RecordHeader, payload: Int32Array): number {
    const length = super.pop(header, payload)
    if (length < 0) this.#onEmpty()
    return length
  }
}

interface RigOptions extends Partial<VoiceLoopOptions> {
  readonly onGatewayEmpty?: () => void
  /** Do the others do something while a batch fills, too? */
  readonly isWatchedWhileDozing?: boolean
  readonly pages?: number
  readonly outBytes?: number
  /** The way to a streaming recogniser and back. */
  readonly streaming?: { readonly to: Outbox, readonly from: ByteRing }
}

/** A voice loop with real parts, and the other side of its rings in the same thread. */
export class LoopRig {
  readonly slots: SlotTable
  readonly counters = new VoiceCounters()
  readonly arena: UtteranceArena
  readonly toGateway: ByteRing
  readonly #options: RigOptions
  readonly #gateway = createRingMemory(512 * 1024)
  readonly #dialogue = createRingMemory(1024 * 1024)
  readonly #toVoice = new ByteRing(this.#gateway)
  readonly #speech = new ByteRing(this.#dialogue)
  readonly #out
  readonly #header = new RecordHeader()
  /** The next frame's, by slot. */
  readonly #sequences = new Map<number, number>()
  readonly #payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)

  constructor (options: RigOptions = {}, slots = SlotTable.create(SLOTS)) {
    this.slots = slots
    this.#options = options
    this.arena = new UtteranceArena(createArenaMemory(options.pages ?? 64))
    this.#out = createRingMemory(options.outBytes ?? 512 * 1024, options.outBytes === undefined ? undefined : 0)
    this.toGateway = new ByteRing(this.#out)
  }

  /**
   * Runs the loop; at each `yield` of the script it does all that it can and goes to sleep.
   * @returns the times for which it would have slept
   */
  async run (script: () => Generator<void>): Promise<readonly number[]> {
    const stopFlag = new Int32Array(new SharedArrayBuffer(4))
    const steps = script()
    const bell = new ScriptedBell(() => {
      if (steps.next().done === true) stopFlag[0] = 1
    }, this.#options.isWatchedWhileDozing === true)
    const port = { postMessage () {} } as unknown as MessagePort
    const loop = new VoiceLoop({
      opus,
      resamplers,
      vad,
      slots: this.slots,
      arena: this.arena,
      bell,
      counters: this.counters,
      fromGateway: new WatchedRing(this.#gateway, this.#options.onGatewayEmpty ?? (() => {})),
      fromDialogue: [new ByteRing(this.#dialogue)],
      outbox: new Outbox(new ByteRing(this.#out), new LoopBell(new SharedArrayBuffer(64), port)),
      toStreaming: this.#options.streaming?.to,
      fromStreaming: this.#options.streaming?.from,
      stopFlag
    }, {
      ...hearingDefaults,
      firstSlot: FIRST_SLOT,
      seats: SLOTS - FIRST_SLOT,
      rateHz: 24_000,
      frameMs: 60,
      bitrate: 24_000,
      complexity: 0,
      batchWindows: 4,
      batchWaitMs: 0,
      framesAhead: 5,
      ...this.#options
    })
    await loop.run()
    return bell.sleeps
  }

  /** A record of the gateway's. */
  send (kind: number, { slot = FIRST_SLOT, generation = 1, turn = 0 }: Address = {}, flags = 0, payload = NO_PAYLOAD): void {
    this.#push(this.#toVoice, kind, { slot, generation, turn }, { flags, time: 0, payload })
  }

  /** The order to hear; `sequence` is that of the next frame. */
  hear (address: Address = {}, flags = HEAR_AUTO, sequence = this.#sequenceOf(address)): void {
    this.send(HEAR, address, flags, new Uint8Array(Uint32Array.of(sequence).buffer))
  }

  /** `refused` frames before these found no room in the ring. */
  sendFrames (packets: readonly Uint8Array[], address: Address = {}, refused = 0): void {
    this.#sequences.set(address.slot ?? FIRST_SLOT, this.#sequenceOf(address) + refused & 0xffff)
    for (const packet of packets) this.#pushFrame(packet, address)
  }

  /** Records of the dialogue's. */
  speak (samples: Int16Array, rateHz: number, address: Address = {}): void {
    for (let at = 0; at < samples.length; at += 2048) {
      const piece = samples.slice(at, at + 2048)
      this.#push(this.#speech, SPEECH_PCM, address, { flags: 0, time: rateHz, payload: new Uint8Array(piece.buffer) })
    }
  }

  say (text: string, address: Address = {}): void {
    this.#push(this.#speech, SENTENCE, address, { flags: 0, time: 0, payload: encoder.encode(text) })
  }

  end (flags: number, address: Address = {}): void {
    this.#push(this.#speech, TURN_END, address, { flags, time: 0, payload: NO_PAYLOAD })
  }

  /** Everything that the loop sent since the last call. */
  take (): Taken[] {
    const taken: Taken[] = []
    for (let length = this.#pop(); length >= 0; length = this.#pop()) {
      const { kind, flags, slot, generation, turn } = this.#header
      taken.push({ kind, flags, slot, generation, turn, payload: new Uint8Array(this.#payload.buffer).slice(0, length) })
    }
    return taken
  }

  #sequenceOf ({ slot = FIRST_SLOT }: Address): number { return this.#sequences.get(slot) ?? 0 }

  #pushFrame (packet: Uint8Array, { slot = FIRST_SLOT, generation = 1, turn = 0 }: Address): void {
    const header = this.#header.set(UPLINK_FRAME, slot, generation, turn)
    header.sequence = this.#sequenceOf({ slot })
    header.time = microseconds()
    this.#sequences.set(slot, (header.sequence + 1) & 0xffff)
    if (!this.#toVoice.push(header, packet, packet.length)) throw new RangeError('the ring of this rig is too small')
  }

  #pop (): number { return this.toGateway.pop(this.#header, this.#payload) }

  #push (ring: ByteRing, kind: number, { slot = FIRST_SLOT, generation = 1, turn = 1 }: Address, content: Content): void {
    const { flags, time, payload } = content
    const header = this.#header.set(kind, slot, generation, turn)
    header.flags = flags
    header.time = time
    if (!ring.push(header, payload, payload.length)) throw new RangeError('the ring of this rig is too small')
  }
}
