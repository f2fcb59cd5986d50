import assert from 'node:assert/strict'
import { ByteRing, type RingMemory } from '../../../src/ring/byte-ring.js'
import { ENDED_BY_DEVICE } from '../../../src/ring/endpoint.js'
import { HEAR_MANUAL } from '../../../src/ring/layout.js'
import type { SlotTable } from '../../../src/ring/slot-table.js'
import { PAGE_SAMPLES, type UtteranceArena } from '../../../src/ring/utterance-arena.js'
import type { EngineSink } from '../../../src/threads/engine-sink.js'
import { Inbound } from '../../../src/threads/inbound.js'
import type { Recogniser, Utterance } from '../../../src/threads/recogniser.js'
import { Recognition } from '../../../src/threads/recognition.js'
import { SeatHandle } from '../../../src/threads/seat-handle.js'
import { SlotPool, type Holder } from '../../../src/threads/slot-pool.js'
import { WorkerLine } from '../../../src/threads/worker-line.js'
import { readDownlink, UPLINK_SAMPLES, uplinkPacket } from './tagged-codec.js'

/** Virtual time: WorkerLine tries again after 5 ms. */
const RECOGNITION_TIMEOUT_MS = 400
/** Jobs that leave the recogniser idle enough for a guess. */
const FEW_JOBS = 2
/** Below this a sample would count as quiet for the energy gate. */
const FIRST_TAG = 200

/** What a device would know of itself. */
interface Session {
  readonly seat: SeatHandle
  readonly tag: number
  /** The tag of the samples of its present answer. */
  answerTag: number
  hasAsked: boolean
  played: number
  hasEnded: boolean
  /** Frames that its socket has not taken yet. */
  queued: number
  /** Frames offered since the last order to hear, up to the last one that a ring accepted. */
  heardFrames: number
  offeredFrames: number
  /** Orders to hear whose utterance must be so many frames long. */
  readonly expected: Map<number, number>
}

interface Job {
  readonly utterance: Utterance
  readonly tag: number
  readonly resolve: (words: string) => void
  readonly reject: (error: Error) => void
}

interface HeardEnd { readonly session: Session, readonly hearing: number, readonly reason: number }

export interface GatewayLinks {
  readonly slots: SlotTable
  readonly arena: UtteranceArena
  readonly toVoice: RingMemory
  readonly toDialogue: RingMemory
  readonly fromVoice: RingMemory
  readonly fromDialogue: RingMemory
  readonly seats: number
  readonly random: () => number
  /** Samples of an answer that was spoken to its end, by its tag. */
  readonly spoken: ReadonlyMap<number, number>
}

/** What happened, so that a test can see that it was worth something. */
export interface Tally {
  sessions: number
  frames: number
  turnsEnded: number
  jobs: number
  /** Jobs begun at a pause. */
  guesses: number
  transcripts: number
  /** Frames that found the ring full. */
  refused: number
  endpointsChecked: number
}

/** A slot pool that counts who let go of which lease. */
class CountingPool extends SlotPool {
  readonly said = new Map<string, number>()

  override letGo (slot: number, generation: number, holder: Holder): void {
    const name = `${slot} ${generation} ${holder}`
    this.said.set(name, (this.said.get(name) ?? 0) + 1)
    super.letGo(slot, generation, holder)
  }
}

/** The gateway with its real parts, sessions that live short, and an inference worker's answers. */
export class GatewayPeer {
  readonly tally: Tally = { sessions: 0, frames: 0, turnsEnded: 0, jobs: 0, guesses: 0, transcripts: 0, refused: 0, endpointsChecked: 0 }
  readonly pool: CountingPool
  readonly #links: GatewayLinks
  readonly #voice: WorkerLine
  readonly #dialogue: WorkerLine
  readonly #fromVoice: ByteRing
  readonly #fromDialogue: ByteRing
  readonly #inbound: Inbound
  readonly #recognition: Recognition
  readonly #sessions = new Map<number, Session>()
  readonly #jobs: Job[] = []
  /** What is being told at present. */
  #endpoint: HeardEnd | undefined

  constructor (links: GatewayLinks) {
    this.#links = links
    this.pool = new CountingPool(1, links.seats, 1)
    this.#voice = new WorkerLine(new ByteRing(links.toVoice), { ring () {} })
    this.#dialogue = new WorkerLine(new ByteRing(links.toDialogue), { ring () {} })
    this.#fromVoice = new ByteRing(links.fromVoice)
    this.#fromDialogue = new ByteRing(links.fromDialogue)
    const sink = this.#createSink()
    const jobs = this.#jobs
    const recogniser: Recogniser = {
      takesGuesses: true,
      get isIdle () { return jobs.length < FEW_JOBS },
      recognise: utterance => this.#recognise(utterance)
    }
    this.#recognition = new Recognition(recogniser, [links.arena], links.slots, sink, RECOGNITION_TIMEOUT_MS)
    this.#inbound = new Inbound(links.slots, this.pool, sink, this.#recognition, () => 0)
  }

  get sessions (): number { return this.#sessions.size }

  /** One thing that a device, its socket or the inference worker does. */
  act (): void {
    const { random } = this.#links
    const choice = random()
    if (choice < 0.3) this.drain(1 + Math.floor(random() * 4))
    else if (choice < 0.36) this.#attach()
    else if (choice < 0.42) this.finishJob()
    else {
      const sessions = [...this.#sessions.values()]
      const session = sessions[Math.floor(random() * sessions.length)]
      if (session !== undefined) this.#live(session)
    }
  }

  /** @returns whether anything was there */
  drain (most: number): boolean {
    let taken = 0
    while (taken < most && (this.#inbound.takeFromVoice(this.#fromVoice) || this.#inbound.takeFromDialogue(this.#fromDialogue))) {
      this.#endpoint = undefined
      taken++
    }
    return taken > 0
  }

  /** @returns whether a frame was waiting for a socket */
  playAll (): boolean {
    let played = 0
    for (const session of this.#sessions.values()) {
      played += session.queued
      this.#letGoOfFrames(session, session.queued)
    }
    return played > 0
  }

  /** The inference worker is done with a job. @returns false when it has none */
  finishJob (): boolean {
    const [done] = this.#jobs.splice(Math.floor(this.#links.random() * this.#jobs.length), 1)
    if (done === undefined) return false
    // The pages are still what they were: nobody wrote to them.
    assert.equal(this.#tagOf(done.utterance), done.tag, 'pages of a job were reused')
    if (this.#links.random() < 0.1) done.reject(new Error('the recogniser failed'))
    else done.resolve(String(done.tag))
    return true
  }

  /** With nothing left to do, every question was answered to its end. */
  assertAllAnswered (): void {
    for (const { hasAsked, hasEnded, tag } of this.#sessions.values()) assert.equal(hasEnded, hasAsked, `the answer of session ${tag} has no end`)
  }

  detachAll (): void { for (const session of [...this.#sessions.values()]) this.#detach(session) }

  close (): void {
    this.#voice.close()
    this.#dialogue.close()
  }

  #attach (): void {
    const lease = this.pool.lease()
    if (lease === undefined) return
    const { slots } = this.#links
    const tag = FIRST_TAG + this.tally.sessions++ % 15_000
    const links = { slots, voice: this.#voice, dialogue: this.#dialogue, recognition: this.#recognition }
    assert.ok(!this.#sessions.has(lease.slot), 'a slot was given out twice')
    this.#sessions.set(lease.slot, {
      seat: new SeatHandle(lease, links, { conversation: tag, language: String(tag) }),
      tag,
      answerTag: 0,
      hasAsked: false,
      played: 0,
      hasEnded: false,
      queued: 0,
      heardFrames: 0,
      offeredFrames: 0,
      expected: new Map()
    })
  }

  #live (session: Session): void {
    const choice = this.#links.random()
    if (choice < 0.4) this.#sendFrames(session, 1 + Math.floor(this.#links.random() * 6))
    else if (choice < 0.65) this.#letGoOfFrames(session, Math.min(session.queued, 3))
    else if (choice < 0.74) this.#hear(session)
    else if (choice < 0.84) this.#hearEnd(session)
    else if (choice < 0.86) session.seat.hearGap()
    else if (choice < 0.88) session.seat.deaf()
    else if (choice < 0.94) this.#ask(session)
    else if (choice > 0.97) this.#detach(session)
  }

  #sendFrames (session: Session, frames: number): void {
    const { random, slots } = this.#links
    const tag = random() < 0.7 ? session.tag : 0
    for (let frame = 0; frame < frames; frame++) {
      const before = slots.holes(session.seat.slot)
      session.seat.pushFrame(random() < 0.05 ? new Uint8Array(0) : uplinkPacket(tag))
      session.offeredFrames++
      if (slots.holes(session.seat.slot) === before) session.heardFrames = session.offeredFrames
      else this.tally.refused++
    }
  }

  #hear (session: Session): void {
    session.seat.hear(this.#links.random() < 0.5)
    session.heardFrames = 0
    session.offeredFrames = 0
    session.expected.delete(session.seat.hearing)
  }

  #hearEnd (session: Session): void {
    session.seat.hearEnd()
    const { hearing } = session.seat
    if ((hearing & HEAR_MANUAL) !== 0 && !session.expected.has(hearing)) session.expected.set(hearing, session.heardFrames)
  }

  #ask (session: Session): void {
    const { random } = this.#links
    this.#letGoOfFrames(session, session.queued)
    const turn = session.seat.nextTurn()
    if (random() < 0.5) session.seat.cancel()
    session.answerTag = FIRST_TAG + (session.tag * 8 + turn % 8) % 30_000
    session.hasAsked = true
    session.hasEnded = false
    session.played = 0
    session.seat.ask(String(session.answerTag))
  }

  #detach (session: Session): void {
    this.#letGoOfFrames(session, session.queued)
    session.seat.detach()
    this.#sessions.delete(session.seat.slot)
  }

  #letGoOfFrames (session: Session, frames: number): void {
    for (let frame = 0; frame < frames; frame++) this.#links.slots.addSent(session.seat.slot)
    session.queued -= frames
  }

  #sessionIn (slot: number): Session {
    const session = this.#sessions.get(slot)
    assert.ok(session !== undefined, `news of slot ${slot}, where nobody is`)
    return session
  }

  #createSink (): EngineSink {
    return {
      onFrame: (slot, turn, packet) => { this.#onFrame(this.#sessionIn(slot), turn, packet) },
      onSentence: (slot, _turn, text) => { assert.equal(Number(text), this.#sessionIn(slot).answerTag) },
      onEmotion: () => { assert.fail() },
      onTurnEnd: (slot, turn) => { this.#onTurnEnd(this.#sessionIn(slot), turn) },
      onPartial: () => {},
      onSpeechStarted: slot => { this.#sessionIn(slot) },
      onSpeechLasts: slot => { this.#sessionIn(slot) },
      onEchoLasts: slot => { this.#sessionIn(slot) },
      onPause: slot => this.#sessionIn(slot) !== undefined,
      onEndpoint: (slot, hearing, reason) => {
        const session = this.#sessionIn(slot)
        if (this.#links.random() < 0.1) {
          session.expected.delete(hearing)
          return false
        }
        this.#endpoint = { session, hearing, reason }
        return true
      },
      onTranscript: (slot, text) => {
        const session = this.#sessionIn(slot)
        assert.ok(Number(text) === 0 || Number(text) === session.tag, 'words of another session')
        this.tally.transcripts++
      },
      onRecognitionFailed: slot => { this.#sessionIn(slot) }
    }
  }

  #onFrame (session: Session, turn: number, packet: Uint8Array): void {
    const { tag, samples } = readDownlink(packet)
    assert.equal(turn, session.seat.turn)
    assert.equal(tag, session.answerTag, 'a frame of another answer')
    assert.ok(!session.hasEnded, 'a frame after the end of its turn')
    session.played += samples
    session.queued++
    this.tally.frames++
  }

  #onTurnEnd (session: Session, turn: number): void {
    assert.equal(turn, session.seat.turn)
    assert.ok(session.hasAsked && !session.hasEnded)
    assert.equal(session.played, this.#links.spoken.get(session.answerTag), 'a part of the answer was lost')
    session.hasEnded = true
    this.tally.turnsEnded++
  }

  #recognise (utterance: Utterance): Promise<string> {
    const tag = this.#tagOf(utterance)
    assert.ok(tag === 0 || tag === Number(utterance.language), 'the voice of another session')
    this.tally.jobs++
    if (this.#endpoint === undefined) this.tally.guesses++
    else this.#checkLength(this.#endpoint, utterance)
    return new Promise((resolve, reject) => { this.#jobs.push({ utterance, tag, resolve, reject }) })
  }

  #checkLength ({ session, hearing, reason }: HeardEnd, { samples }: Utterance): void {
    const frames = session.expected.get(hearing)
    session.expected.delete(hearing)
    if (reason !== ENDED_BY_DEVICE || frames === undefined) return
    assert.equal(samples, frames * UPLINK_SAMPLES, 'the utterance is not as long as what was sent')
    this.tally.endpointsChecked++
  }

  /** Whose voice is in the pages of a job. */
  #tagOf ({ pages, samples }: Utterance): number {
    assert.ok(pages.length >= Math.ceil(samples / PAGE_SAMPLES))
    let tag = 0
    for (const float of this.#links.arena.readFloats(pages, samples)) {
      const sample = Math.round(float * 32_768)
      if (sample === 0 || sample === tag) continue
      assert.equal(tag, 0, 'two voices in one utterance')
      tag = sample
    }
    return tag
  }
}
