// hot path
//
// One pass, in this order, so that a cancel is never behind audio and hearing never behind speech:
//
//   control and uplink decode → VAD batch when due → encode for 2 ms → flush → yield | sleep
//
import type { VadStream } from '../../native-bindings/silero-vad.js'
import { writeEndpoint, ENDED_BY_DEVICE, ENDED_BY_GAP } from '../../src/ring/endpoint.js'
import {
  ATTACH, DEAF, DETACH, DETACHED, DOWNLINK_FRAME, ENDPOINT, HEAR, HEAR_END, HEAR_GAP, HEAR_MANUAL, MAX_PAYLOAD_BYTES, SENTENCE,
  SPEECH_PCM, SPEECH_STARTED, TURN_END, UPLINK_FRAME
} from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { Hearing } from './hearing.js'
import { Speaking } from './speaking.js'
import type { VoiceLoopOptions, VoiceLoopParts } from './types.js'

/** Native finalizers, ports and logs of this thread run only when it yields. */
const YIELD_EVERY_MS = 250
const ENCODE_SLICE_MS = 2
/** How soon credit is looked at again: well below one frame. */
const CREDIT_POLL_MS = 10
/** What 60 ms can take at most: three Opus frames of 1,275 bytes and their table of contents. */
const MAX_FRAME_BYTES = 3828

/** What belongs to one slot; made at its first use, kept for the life of the worker. */
interface Seat {
  readonly slot: number
  generation: number
  readonly hearing: Hearing
  readonly speaking: Speaking
  isActive: boolean
}

const endpointBytes = new Uint8Array(MAX_PAYLOAD_BYTES)

/** The resident loop of a voice worker. */
export class VoiceLoop {
  readonly #options: VoiceLoopOptions
  readonly #parts: VoiceLoopParts
  readonly #seats: (Seat | undefined)[]
  readonly #active: Seat[] = []
  readonly #header = new RecordHeader()
  readonly #payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  readonly #payloadBytes: Uint8Array
  readonly #payloadSamples: Int16Array
  readonly #batchSeats: Seat[] = []
  readonly #batchStreams: VadStream[] = []
  readonly #hasInput = (): boolean => this.#isWanted()
  #batchDueAt = 0
  #encodeFrom = 0

  constructor (parts: VoiceLoopParts, options: VoiceLoopOptions) {
    this.#parts = parts
    this.#options = options
    this.#seats = new Array<Seat | undefined>(options.seats).fill(undefined)
    this.#payloadBytes = new Uint8Array(this.#payload.buffer)
    this.#payloadSamples = new Int16Array(this.#payload.buffer)
  }

  async run (): Promise<void> {
    const yielded = (resolve: () => void): void => { setImmediate(resolve) }
    let yieldedAt = performance.now()
    while (Atomics.load(this.#parts.stopFlag, 0) === 0) {
      const hasDetached = this.#takeInput()
      this.#runVad()
      const encodeAgainMs = this.#encode()
      this.#parts.outbox.flush()
      const now = performance.now()
      if (hasDetached || now - yieldedAt > YIELD_EVERY_MS) {
        await new Promise<void>(yielded)
        yieldedAt = performance.now()
      } else {
        this.#rest(now, encodeAgainMs)
      }
    }
  }

  #isWanted (): boolean {
    const { fromGateway, fromDialogue, stopFlag } = this.#parts
    if (fromGateway.usedBytes > 0 || Atomics.load(stopFlag, 0) !== 0) return true
    for (let at = 0; at < fromDialogue.length; at++) if (fromDialogue[at]!.usedBytes > 0) return true
    return false
  }

  #rest (now: number, encodeAgainMs: number): void {
    const { bell, outbox } = this.#parts
    if (encodeAgainMs === 0 || this.#isWanted()) return
    if (this.#batchDueAt > 0) {
      if (this.#batchDueAt > now) bell.doze(Math.min(this.#batchDueAt - now, CREDIT_POLL_MS))
    } else if (encodeAgainMs < YIELD_EVERY_MS || outbox.isHeldUp) {
      bell.sleep(CREDIT_POLL_MS, this.#hasInput)
    } else {
      bell.sleep(this.#active.length > 0 ? YIELD_EVERY_MS : Infinity, this.#hasInput)
    }
  }

  #takeInput (): boolean {
    const { fromGateway, fromDialogue } = this.#parts
    let hasDetached = false
    let length: number
    while ((length = fromGateway.pop(this.#header, this.#payload)) >= 0) {
      if (this.#header.kind === DETACH) hasDetached = true
      this.#onGatewayRecord(length)
    }
    for (let at = 0; at < fromDialogue.length; at++) {
      const ring = fromDialogue[at]!
      while ((length = ring.pop(this.#header, this.#payload)) >= 0) this.#onDialogueRecord(length)
    }
    return hasDetached
  }

  #onGatewayRecord (length: number): void {
    const { kind, slot, generation } = this.#header
    if (kind === ATTACH) { this.#attach(slot, generation); return }
    const seat = this.#seats[slot - this.#options.firstSlot]
    if (seat === undefined || seat.generation !== generation) return
    if (kind === UPLINK_FRAME) {
      // Its session may be gone already, with its DETACH still behind this in the ring.
      if (!this.#parts.slots.isAttached(slot, generation)) return
      this.#acceptFrame(seat, length)
    } else if (kind === HEAR) {
      this.#parts.slots.takeHoles(slot) // lost before anybody listened
      seat.hearing.start(this.#header.flags === HEAR_MANUAL)
    } else if (kind === HEAR_END || kind === HEAR_GAP) {
      this.#judgeAll(seat)
      seat.hearing.finish(kind === HEAR_END ? ENDED_BY_DEVICE : ENDED_BY_GAP)
    } else if (kind === DEAF) {
      seat.hearing.stop()
    } else if (kind === DETACH) {
      this.#detach(seat)
    }
  }

  #acceptFrame (seat: Seat, length: number): void {
    const { hearing, slot } = seat
    const { slots } = this.#parts
    for (let holes = slots.takeHoles(slot); holes > 0; holes--) {
      if (hearing.isFull) this.#judgeAll(seat)
      hearing.conceal(1)
    }
    if (hearing.isFull) this.#judgeAll(seat)
    if (!hearing.acceptPacket(this.#payloadBytes, length)) slots.addBadPacket(slot)
    if (this.#batchDueAt === 0 && hearing.hasWindow) this.#batchDueAt = performance.now() + this.#options.batchWaitMs
  }

  #onDialogueRecord (length: number): void {
    const { kind, flags, slot, generation, turn, time } = this.#header
    const { slots } = this.#parts
    if (kind === SPEECH_PCM) slots.addPcmPopped(slot, length >> 1)
    const seat = this.#seats[slot - this.#options.firstSlot]
    if (seat === undefined || !slots.isCurrent(slot, generation, turn)) return
    if (seat.speaking.turn !== turn) seat.speaking.begin(turn)
    const { speaking } = seat
    if (kind === SPEECH_PCM) speaking.acceptPcm(this.#payloadSamples.subarray(0, length >> 1), time)
    else if (kind === SENTENCE) speaking.acceptMarker(kind, flags, this.#payloadBytes.slice(0, length), false)
    else if (kind === TURN_END) speaking.acceptMarker(kind, flags, this.#payloadBytes.slice(0, length), true)
    slots.setUnencodedMs(slot, speaking.unencodedMs)
  }

  #attach (slot: number, generation: number): void {
    const at = slot - this.#options.firstSlot
    const seat = this.#seats[at] ??= this.#createSeat(slot)
    seat.generation = generation
    seat.hearing.reset()
    seat.speaking.begin(-1)
    if (!seat.isActive) this.#active.push(seat)
    seat.isActive = true
  }

  #detach (seat: Seat): void {
    seat.hearing.stop()
    seat.speaking.begin(-1)
    this.#parts.slots.setUnencodedMs(seat.slot, 0)
    seat.isActive = false
    const at = this.#active.indexOf(seat)
    if (at >= 0) this.#active.splice(at, 1)
    this.#parts.outbox.send(DETACHED, 0, seat.slot, seat.generation, 0)
    seat.generation = -1
  }

  #createSeat (slot: number): Seat {
    const { opus, resamplers, arena, outbox, slots } = this.#parts
    const { rateHz, frameMs, bitrate, complexity } = this.#options
    const speaking = new Speaking(opus.createEncoder({ rateHz, bitrate, complexity }), resamplers, rateHz, frameMs)
    const hearing = new Hearing(opus.createDecoder(16_000), arena, this.#options, {
      onSpeechStarted: () => { outbox.send(SPEECH_STARTED, 0, slot, seat.generation, slots.turn(slot)) },
      onEndpoint: endpoint => {
        const bytes = writeEndpoint(endpoint, endpointBytes)
        outbox.send(ENDPOINT, 0, slot, seat.generation, slots.turn(slot), endpointBytes.subarray(0, bytes))
      }
    })
    const seat: Seat = { slot, generation: -1, hearing, speaking, isActive: false }
    return seat
  }

  /** One window per seat and batch: a stream's next window needs the state after its last one. */
  #runVad (): void {
    if (this.#batchDueAt === 0) return
    const { batchWindows } = this.#options
    let isDue = performance.now() >= this.#batchDueAt
    for (;;) {
      const count = this.#gatherBatch(batchWindows)
      if (count === 0) { this.#batchDueAt = 0; return }
      if (count < batchWindows && !isDue) return
      this.#judge(count)
      isDue = true // a backlog is worked off at once; only the first, partial batch waits
    }
  }

  #gatherBatch (most: number): number {
    let count = 0
    for (let at = 0; at < this.#active.length && count < most; at++) {
      const seat = this.#active[at]!
      if (!seat.hearing.hasWindow || !this.#parts.slots.isAttached(seat.slot, seat.generation)) continue
      this.#batchSeats[count] = seat
      this.#batchStreams[count] = seat.hearing.stream
      count++
    }
    return count
  }

  #judge (count: number): void {
    for (let row = 0; row < count; row++) this.#batchSeats[row]!.hearing.loadWindow()
    this.#parts.vad.run(this.#batchStreams, count)
    for (let row = 0; row < count; row++) this.#batchSeats[row]!.hearing.judgeWindow()
  }

  #judgeAll (seat: Seat): void {
    while (seat.hearing.hasWindow) {
      this.#batchSeats[0] = seat
      this.#batchStreams[0] = seat.hearing.stream
      this.#judge(1)
    }
  }

  /** One frame per seat and round until the slice is over. @returns ms until the next one */
  #encode (): number {
    const until = performance.now() + ENCODE_SLICE_MS
    let idle = 0
    let wantsMore = false
    while (idle < this.#active.length) {
      const seat = this.#active[this.#encodeFrom++ % this.#active.length]!
      const isBusy = this.#encodeOne(seat)
      wantsMore ||= !seat.speaking.isEmpty
      idle = isBusy ? 0 : idle + 1
      if (isBusy && performance.now() > until) return 0
    }
    return wantsMore ? CREDIT_POLL_MS : Infinity
  }

  /** Moves one seat by a marker or a frame; false when it has nothing that may go now. */
  #encodeOne (seat: Seat): boolean {
    const { speaking, slot, generation } = seat
    if (speaking.isEmpty) return false
    const { slots, outbox } = this.#parts
    if (!slots.isCurrent(slot, generation, speaking.turn)) {
      speaking.begin(-1)
      slots.setUnencodedMs(slot, 0)
      return false
    }
    const marker = speaking.nextMarker()
    if (marker !== undefined) {
      outbox.send(marker.kind, marker.flags, slot, generation, speaking.turn, marker.payload)
      speaking.takeMarker()
      return true
    }
    if (!speaking.hasFrame || slots.framesAhead(slot) >= this.#options.framesAhead) return false
    if (!outbox.hasRoom(DOWNLINK_FRAME, MAX_FRAME_BYTES)) return false
    this.#sendFrame(seat, speaking.encodeFrame())
    return true
  }

  #sendFrame (seat: Seat, packet: Uint8Array): void {
    const { slots, outbox } = this.#parts
    this.#header.set(DOWNLINK_FRAME, seat.slot, seat.generation, seat.speaking.turn)
    slots.addEncoded(seat.slot)
    outbox.push(this.#header, packet)
    slots.setUnencodedMs(seat.slot, seat.speaking.unencodedMs)
  }
}
