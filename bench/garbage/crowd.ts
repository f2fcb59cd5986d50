import { setTimeout as delay } from 'node:timers/promises'
import { encodeClip } from '../../tools/simulator/uplink-source.js'
import { loadSpeech } from '../support/speech.js'
import type { VoiceHarness } from './voice-harness.js'

/** An answer of 8 s. */
const TURN_FRAMES = 133
const MOST_UNENCODED_MS = 900
/**
 * Pushed once the worker has taken those before. With more at a time it would hear for long without
 * speaking: encoding has 2 ms of each pass of its loop.
 */
const FRAMES_AT_ONCE = 8
const SPEECH_HZ = 16_000
const SPEECH_SAMPLES = 960

/** Seats that hear and speak; the first one is never used, to compare the others' shapes with. */
export class Crowd {
  readonly #harness: VoiceHarness
  readonly #seats: number
  readonly #isSpeaking: boolean
  readonly #packets = encodeClip(loadSpeech())
  readonly #speech: Uint8Array[] = []
  readonly #spoken: Uint32Array
  #uplinkFrames = 0
  #round = 0
  #slot = 0

  constructor (harness: VoiceHarness, seats: number, isSpeaking: boolean) {
    this.#harness = harness
    this.#seats = seats
    this.#isSpeaking = isSpeaking
    this.#spoken = new Uint32Array(seats)
    const speech = loadSpeech()
    for (let at = 0; at + SPEECH_SAMPLES <= speech.length; at += SPEECH_SAMPLES) {
      this.#speech.push(new Uint8Array(speech.slice(at, at + SPEECH_SAMPLES).buffer))
    }
    for (let slot = 0; slot < seats; slot++) harness.seat(slot)
  }

  /** Frames that went through the worker, either way. */
  get frames (): number { return this.#uplinkFrames + this.#harness.downlinkFrames }

  async run (frames: number): Promise<void> {
    const until = this.frames + frames
    while (this.frames < until) {
      if (this.#harness.uplinkBacklogBytes === 0) for (let frame = 0; frame < FRAMES_AT_ONCE; frame++) this.#pushNext()
      await delay(1)
    }
    while (this.#harness.uplinkBacklogBytes > 0) await delay(1)
    await delay(500) // what waits for credit, and one yield of the loop
  }

  #pushNext (): void {
    this.#slot = this.#slot + 1 < this.#seats ? this.#slot + 1 : 1
    if (this.#slot === 1) this.#round++
    const packet = this.#packets[(this.#round + this.#slot * 37) % this.#packets.length]!
    if (this.#harness.pushFrame(this.#slot, packet)) this.#uplinkFrames++
    if (this.#isSpeaking) this.#speak(this.#slot)
  }

  // As dialogue does: nothing while much speech waits to be encoded, and one turn after another.
  #speak (slot: number): void {
    if (this.#harness.unencodedMs(slot, SPEECH_HZ) > MOST_UNENCODED_MS) return
    const isNewTurn = this.#spoken[slot]! % TURN_FRAMES === 0
    if (isNewTurn && !this.#harness.isSilent(slot)) return
    const spoken = this.#spoken[slot]!++
    if (isNewTurn) this.#harness.beginTurn(slot)
    this.#harness.pushSpeech(slot, this.#speech[(spoken + slot * 11) % this.#speech.length]!, SPEECH_HZ)
    if (spoken % TURN_FRAMES === TURN_FRAMES - 1) this.#harness.endTurn(slot)
  }
}
