import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MessagePort } from 'node:worker_threads'
import { ResamplerLibrary } from '../../../native-bindings/resampler.js'
import { ByteRing, createRingMemory, type RingMemory } from '../../../src/ring/byte-ring.js'
import { LoopBell, SleeperBell } from '../../../src/ring/doorbell.js'
import { Outbox } from '../../../src/ring/outbox.js'
import type { RecordHeader } from '../../../src/ring/record-header.js'
import { SlotTable } from '../../../src/ring/slot-table.js'
import { createArenaMemory, UtteranceArena } from '../../../src/ring/utterance-arena.js'
import { VoiceCounters } from '../../../src/ring/voice-counters.js'
import { VoiceLoop } from '../../../workers/voice/voice-loop.js'
import { makeRandom } from '../../support/noise.js'
import { DialoguePeer, RATE_HZ } from './dialogue-peer.js'
import { GatewayPeer, type Tally } from './gateway-peer.js'
import { taggedOpus, taggedVad } from './tagged-codec.js'

const resamplers = await ResamplerLibrary.load()
const SEATS = 3
const PAGES = 7
/** Much less than is needed, so that everything is full most of the time. */
const FRAME_RING_BYTES = 600
const CONTROL_RING_BYTES = 128
const SPEECH_RING_BYTES = 7000
/** The encoder wants room for the largest frame: this ring has it only while it is nearly empty. */
const DOWNLINK_RING_BYTES = 3868
const RETRY_MS = 5

/** A ring whose owner is interrupted by the other threads whenever it takes a record. */
class BusyRing extends ByteRing {
  readonly #interrupt: () => void

  constructor (memory: RingMemory, interrupt: () => void) {
    super(memory)
    this.#interrupt = interrupt
  }

  override pop (header: RecordHeader, payload: Int32Array): number {
    this.#interrupt()
    return super.pop(header, payload)
  }
}

/** The voice worker's sleep is the moment in which the others do much. */
class BusyBell extends SleeperBell {
  readonly #step: () => void

  constructor (step: () => void) {
    super()
    this.#step = step
  }

  override sleep (): void { this.#step() }
  override doze (): void { this.#step() }
}

/**
 * Runs a real voice loop and the gateway's real parts through a random history of sessions, in one
 * thread: what the others do happens whenever voice takes a record or sleeps. At the end all leave.
 */
export async function runHistory (t: TestContext, seed: number, actions: number): Promise<Tally> {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const random = makeRandom(seed)
  const slots = SlotTable.create(SEATS)
  const arena = new UtteranceArena(createArenaMemory(PAGES))
  const startAt = 2 ** 31 - 500
  const lines = {
    toVoice: createRingMemory(FRAME_RING_BYTES, 200, startAt),
    toDialogue: createRingMemory(CONTROL_RING_BYTES, 0, startAt),
    fromVoice: createRingMemory(DOWNLINK_RING_BYTES, 228, startAt),
    fromDialogue: createRingMemory(CONTROL_RING_BYTES, 0, startAt)
  }
  const speech = createRingMemory(SPEECH_RING_BYTES, 1000, startAt)
  const dialogue = new DialoguePeer({ slots, fromGateway: lines.toDialogue, toGateway: lines.fromDialogue, toVoice: speech, random })
  const gateway = new GatewayPeer({ slots, arena, ...lines, seats: SEATS, random, spoken: dialogue.spoken })
  const stopFlag = new Int32Array(new SharedArrayBuffer(4))
  let left = actions
  const act = (): void => {
    left--
    if (random() < 0.4) dialogue.act()
    else gateway.act()
    if (random() < 0.1) t.mock.timers.tick(RETRY_MS)
  }
  // Mostly little happens between two records, now and then very much.
  const interrupt = (): void => {
    const most = random() < 0.01 ? 60 : random() < 0.3 ? 1 : 0
    for (let more = Math.ceil(random() * most); more > 0 && left > 0; more--) act()
  }
  /** Everybody does what is left to do. @returns false when there was nothing */
  const settle = (): boolean => {
    t.mock.timers.tick(RETRY_MS)
    const found = [gateway.drain(Infinity), gateway.playAll(), gateway.finishJob()]
    while (dialogue.act()) found.push(true)
    return found.includes(true)
  }
  let quiet = 0
  const windDown = (): void => {
    if (settle()) quiet = 0
    else quiet++
    if (quiet < 4) return
    quiet = 0
    gateway.assertAllAnswered()
    if (gateway.sessions > 0) gateway.detachAll()
    else Atomics.store(stopFlag, 0, 1)
  }
  const bell = new BusyBell(() => {
    if (left > 0) for (let more = Math.ceil(random() * 6); more > 0; more--) act()
    else windDown()
  })
  const port = { postMessage () {} } as unknown as MessagePort
  const outbox = new Outbox(new ByteRing(lines.fromVoice), new LoopBell(new SharedArrayBuffer(64), port))
  const fromGateway = new BusyRing(lines.toVoice, interrupt)
  const fromDialogue = [new BusyRing(speech, interrupt)]
  const counters = new VoiceCounters()
  const loop = new VoiceLoop(
    { opus: taggedOpus, resamplers, vad: taggedVad, slots, arena, bell, counters, fromGateway, fromDialogue, outbox, stopFlag },
    {
      ...{ speechThreshold: 0.5, silenceThreshold: 0.35, minSpeechMs: 96, preRollMs: 480, bargeInMs: 250,
        endSilenceMs: 600, maxUtteranceMs: 6000 },
      agreedSilenceMs: 350,
      ...{ gate: seed % 2 === 0, gateDbfs: -56, gateAfterMs: 500, pauseMs: 200 },
      ...{ firstSlot: 0, seats: SEATS, rateHz: RATE_HZ, frameMs: 60, bitrate: 24_000, complexity: 0 },
      ...{ batchWindows: 2, batchWaitMs: 0, framesAhead: 5 }
    }
  )
  await loop.run()
  while (gateway.finishJob());
  await nextTurn()
  gateway.close()
  assertNothingIsLeft(gateway, slots, arena)
  return gateway.tally
}

function assertNothingIsLeft (gateway: GatewayPeer, slots: SlotTable, arena: UtteranceArena): void {
  assert.equal(gateway.pool.usedSlots, 0, 'slots are still held')
  assert.equal(arena.usedPages, 0, 'pages are still held')
  for (const [lease, times] of gateway.pool.said) assert.equal(times, 1, `${lease} let go ${times} times`)
  assert.equal(gateway.pool.said.size, gateway.tally.sessions * 2)
  for (let slot = 0; slot < SEATS; slot++) {
    assert.deepEqual([slots.framesAhead(slot), slots.pcmAhead(slot), slots.unencodedMs(slot)], [0, 0, 0], `credit of slot ${slot}`)
  }
}
