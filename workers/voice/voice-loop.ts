// hot path
//
// One pass, in this order, so that a cancel is never behind audio and hearing never behind speech:
//
//   control and uplink decode → VAD batch when due → encode for 2 ms → flush → yield | sleep
//
import { ENDED_BY_DEVICE, ENDED_BY_GAP } from '../../src/ring/endpoint.js'
import {
  ATTACH, DEAF, DETACH, DETACHED, HEAR, HEAR_END, HEAR_GAP, HEAR_MANUAL, MAX_PAYLOAD_BYTES, SENTENCE, SPEECH_PCM, STREAM_ENDPOINT_HINT,
  TURN_END, UPLINK_FRAME
} from '../../src/ring/layout.js'
import { microseconds } from '../../src/ring/microseconds.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { STAMP_PCM } from '../../src/ring/slot-table.js'
import { CREDIT_POLL_MS, EncodeQueue } from './encode-queue.js'
import { Hearing, RATE_HZ } from './hearing.js'
import { Seat } from './seat.js'
import { Speaking } from './speaking.js'
import { SpeechTap } from './speech-tap.js'
import type { VoiceLoopOptions, VoiceLoopParts } from './types.js'
import { VadBatcher } from './vad-batcher.js'

/** Native finalizers, ports and logs of this thread run only when it yields. */
const YIELD_EVERY_MS = 250
/**
 * How long frames that are far ahead may lie in the ring before the gateway is told of them:
 * telling costs it some 30 µs, and the last of two frames is needed in 60 ms at the earliest.
 */
const PATIENCE_MS = 20
/** How long something urgent may lie unseen while a batch fills: nobody rings a bell meanwhile. */
const DOZE_MS = 5
/** A producer that is faster than this loop must not keep it from its batches and its voices. */
const MAX_RECORDS_PER_PASS = 512
/** A step back is no gap: half of the circle of 16-bit numbers. */
const MOST_MISSING = 0x8000

/** The resident loop of a voice worker. */
export class VoiceLoop {
  readonly #options: VoiceLoopOptions
  readonly #parts: VoiceLoopParts
  readonly #seats: (Seat | undefined)[]
  readonly #active: Seat[] = []
  readonly #spareEars: Hearing[] = []
  readonly #batcher: VadBatcher
  readonly #encoding: EncodeQueue
  readonly #header = new RecordHeader()
  readonly #payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  readonly #payloadBytes: Uint8Array
  readonly #payloadSamples: Int16Array
  /** Records that this pass may still take. */
  #mayTake = 0
  readonly #hasInput = (): boolean => this.#isWanted()

  constructor (parts: VoiceLoopParts, options: VoiceLoopOptions) {
    const { slots, outbox, counters, opus, resamplers } = parts
    this.#parts = parts
    this.#options = options
    this.#seats = new Array<Seat | undefined>(options.seats).fill(undefined)
    this.#payloadBytes = new Uint8Array(this.#payload.buffer)
    this.#payloadSamples = new Int16Array(this.#payload.buffer)
    this.#batcher = new VadBatcher(parts, options.batchWindows, options.batchWaitMs)
    const createSpeaking = (): Speaking => new Speaking(opus.createEncoder(options), resamplers, options.rateHz, options.frameMs)
    this.#encoding = new EncodeQueue({ slots, outbox, counters, createSpeaking }, options.framesAhead, options.frameMs)
  }

  async run (): Promise<void> {
    const yielded = (resolve: () => void): void => { setImmediate(resolve) }
    let yieldedAt = performance.now()
    let awakeSince = yieldedAt
    let toldAllAt = yieldedAt
    while (Atomics.load(this.#parts.stopFlag, 0) === 0) {
      const hasDetached = this.#takeInput()
      this.#batcher.run(this.#active)
      const encodeAgainMs = this.#encoding.run()
      const now = performance.now()
      const isForAll = encodeAgainMs === Infinity || now - toldAllAt >= PATIENCE_MS
      if (isForAll) toldAllAt = now
      this.#parts.outbox.flush(isForAll)
      this.#parts.toStreaming?.flush()
      this.#parts.counters.addPass(now - awakeSince)
      awakeSince = now
      if (hasDetached || now - yieldedAt > YIELD_EVERY_MS) {
        await new Promise<void>(yielded)
        yieldedAt = performance.now()
      } else if (this.#rest(now, encodeAgainMs)) {
        awakeSince = performance.now()
      }
    }
  }

  #isWanted (): boolean {
    const { fromGateway, fromDialogue, fromStreaming, stopFlag } = this.#parts
    if (fromStreaming !== undefined && fromStreaming.usedBytes > 0) return true
    if (fromGateway.usedBytes > 0 || Atomics.load(stopFlag, 0) !== 0) return true
    for (let at = 0; at < fromDialogue.length; at++) if (fromDialogue[at]!.usedBytes > 0) return true
    return false
  }

  /** @returns whether the thread has slept */
  #rest (now: number, encodeAgainMs: number): boolean {
    const { bell, outbox, toStreaming } = this.#parts
    if (encodeAgainMs === 0 || this.#isWanted()) return false
    const dueAt = this.#batcher.dueAt
    if (dueAt > 0) {
      if (dueAt <= now) return false
      bell.doze(Math.min(dueAt - now, DOZE_MS))
    } else if (encodeAgainMs < YIELD_EVERY_MS || outbox.isHeldUp || toStreaming?.isHeldUp === true) {
      bell.sleep(CREDIT_POLL_MS, this.#hasInput)
    } else {
      bell.sleep(this.#active.length > 0 ? YIELD_EVERY_MS : Infinity, this.#hasInput)
    }
    return true
  }

  /** @returns whether a seat was given back */
  #takeInput (): boolean {
    const { fromDialogue, fromStreaming } = this.#parts
    this.#mayTake = MAX_RECORDS_PER_PASS
    let hasDetached = this.#takeControl()
    for (let at = 0; at < fromDialogue.length; at++) {
      const ring = fromDialogue[at]!
      while (ring.usedBytes > 0) {
        // The gateway told this thread of the seat before it told dialogue: ATTACH is there by now.
        if (this.#takeControl()) hasDetached = true
        if (this.#mayTake-- <= 0) return hasDetached // and so it may not be read yet
        this.#onDialogueRecord(ring.pop(this.#header, this.#payload))
      }
    }
    if (fromStreaming !== undefined) while (fromStreaming.pop(this.#header, this.#payload) >= 0) this.#onStreamingRecord()
    return hasDetached
  }

  /** @returns whether a seat was given back */
  #takeControl (): boolean {
    const { fromGateway } = this.#parts
    let hasDetached = false
    while (this.#mayTake > 0) {
      const length = fromGateway.pop(this.#header, this.#payload)
      if (length < 0) break
      this.#mayTake--
      if (this.#header.kind === DETACH) hasDetached = true
      this.#onGatewayRecord(length)
    }
    return hasDetached
  }

  #onGatewayRecord (length: number): void {
    const { kind, slot, generation, time } = this.#header
    if (kind === ATTACH) { this.#attach(slot, generation); return }
    const seat = this.#seats[slot - this.#options.firstSlot]
    if (seat === undefined || seat.generation !== generation || seat.hearing === null) return
    const { hearing } = seat
    if (kind === UPLINK_FRAME) {
      // Its session may be gone already, with its DETACH still behind this in the ring.
      if (!this.#parts.slots.isAttached(slot, generation)) return
      this.#acceptFrame(seat, hearing, length)
    } else if (kind === HEAR) {
      seat.hearFlags = this.#header.flags
      if (seat.recording !== null) seat.recording.starts((seat.hearFlags & HEAR_MANUAL) !== 0)
      if (length >= 4) seat.nextSequence = this.#payload[0]! & 0xffff
      hearing.start((seat.hearFlags & HEAR_MANUAL) !== 0)
    } else if (kind === HEAR_END || kind === HEAR_GAP) {
      this.#batcher.judgeAll(seat, this.#active)
      const reason = kind === HEAR_END ? ENDED_BY_DEVICE : ENDED_BY_GAP
      if (seat.recording !== null) seat.recording.finishes(reason)
      hearing.finish(reason, time)
    } else if (kind === DEAF) {
      if (seat.recording !== null) seat.recording.stops()
      hearing.stop()
    } else if (kind === DETACH) {
      this.#detach(seat, hearing)
    }
  }

  #acceptFrame (seat: Seat, hearing: Hearing, length: number): void {
    const { sequence, time } = this.#header
    const missing = (sequence - seat.nextSequence) & 0xffff
    if (seat.recording !== null) seat.recording.frame(this.#payloadBytes, length, missing < MOST_MISSING ? missing : 0)
    if (missing < MOST_MISSING) {
      seat.nextSequence = (sequence + 1) & 0xffff
      for (let hole = missing; hole > 0; hole--) {
        if (hearing.isFull) this.#batcher.makeRoom(seat, this.#active)
        hearing.conceal()
      }
    }
    if (hearing.isFull) this.#batcher.makeRoom(seat, this.#active)
    if (!hearing.acceptPacket(this.#payloadBytes, length, time)) this.#parts.slots.addBadPacket(seat.slot)
    if (hearing.hasWindow) this.#batcher.expect(seat, hearing)
  }

  #onStreamingRecord (): void {
    const { kind, slot, generation, sequence, time } = this.#header
    const seat = this.#seats[slot - this.#options.firstSlot]
    if (kind !== STREAM_ENDPOINT_HINT || seat === undefined || seat.generation !== generation) return
    if (seat.tap?.isOpen(sequence) !== true) return
    if (seat.recording !== null) seat.recording.agrees(time)
    seat.hearing?.agree(time)
  }

  #onDialogueRecord (length: number): void {
    const { kind, slot, generation, turn } = this.#header
    const { slots } = this.#parts
    const seat = this.#seats[slot - this.#options.firstSlot]
    const isCurrent = seat !== undefined && seat.generation === generation && slots.isCurrent(slot, generation, turn)
    if (isCurrent) this.#hand(seat, length)
    // Last: until then it counts as under way, or dialogue would send more than there is room for.
    if (kind === SPEECH_PCM) slots.addPcmPopped(slot, length >> 1)
  }

  /** A record of the current turn, to its seat. */
  #hand (seat: Seat, length: number): void {
    const { kind, flags, slot, generation, turn, time } = this.#header
    const { slots } = this.#parts
    const speaking = this.#encoding.speakingOf(seat, turn)
    if (kind === SPEECH_PCM && !speaking.hasSpoken) slots.stamp(slot, generation, turn, STAMP_PCM, microseconds())
    if (kind === SPEECH_PCM) speaking.acceptPcm(this.#payloadSamples.subarray(0, length >> 1), time)
    else if (kind === SENTENCE) speaking.acceptMarker(kind, flags, this.#payloadBytes.subarray(0, length), false)
    else if (kind === TURN_END) speaking.acceptMarker(kind, flags, this.#payloadBytes.subarray(0, length), true)
    slots.setUnencodedMs(slot, speaking.unencodedMs)
  }

  #attach (slot: number, generation: number): void {
    const { opus, arena, counters } = this.#parts
    const seat = this.#seats[slot - this.#options.firstSlot] ??= this.#createSeat(slot)
    if (seat.hearing === null) {
      seat.hearing = this.#spareEars.pop() ?? new Hearing(opus.createDecoder(RATE_HZ), arena, this.#options, counters)
      this.#active.push(seat)
    }
    this.#encoding.silence(seat)
    seat.generation = generation
    seat.nextSequence = 0
    seat.tap?.attach(generation)
    seat.hearing.reset(seat)
    seat.recording?.end()
    seat.recording = this.#parts.recorder?.begin(slot) ?? null
  }

  #createSeat (slot: number): Seat {
    const { slots, outbox, toStreaming } = this.#parts
    return new Seat(slot, slots, outbox, toStreaming === undefined ? null : new SpeechTap(toStreaming, slot))
  }

  #detach (seat: Seat, hearing: Hearing): void {
    if (seat.recording !== null) seat.recording.end()
    seat.recording = null
    hearing.stop()
    this.#spareEars.push(hearing)
    seat.hearing = null
    this.#encoding.silence(seat)
    this.#active.splice(this.#active.indexOf(seat), 1)
    this.#parts.outbox.send(DETACHED, 0, seat.slot, seat.generation, 0)
    seat.generation = -1
  }
}
