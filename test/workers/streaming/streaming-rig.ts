import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { findStreamingFiles } from '../../../native-bindings/streaming-files.js'
import { StreamingRecogniser } from '../../../native-bindings/streaming-recogniser.js'
import { ByteRing, createRingMemory } from '../../../src/ring/byte-ring.js'
import { SleeperBell } from '../../../src/ring/doorbell.js'
import { MAX_PAYLOAD_BYTES } from '../../../src/ring/layout.js'
import { Outbox } from '../../../src/ring/outbox.js'
import { RecordHeader } from '../../../src/ring/record-header.js'
import { SlotTable } from '../../../src/ring/slot-table.js'
import { StreamingLoop } from '../../../workers/streaming/streaming-loop.js'
import type { StreamingLoopOptions } from '../../../workers/streaming/types.js'
import { SpeechTap } from '../../../workers/voice/speech-tap.js'
import { writeToneModel, type ToneModelKind } from '../../support/streaming/tone-models.js'
import { toFloats } from '../../support/streaming/tones.js'

export interface SeenRecord {
  readonly kind: number
  readonly flags: number
  readonly slot: number
  readonly generation: number
  readonly sequence: number
  readonly time: number
  readonly text: string
}

const SLOTS = 4
const SEATS_PER_VOICE = 2
const bell = { ring () {} }

export interface RigOptions extends Partial<StreamingLoopOptions> {
  readonly kind?: ToneModelKind
  readonly ringBytes?: number
  readonly slots?: SlotTable
}

/** A streaming loop with two voice workers before it, driven pass by pass. */
export class StreamingRig {
  readonly slots: SlotTable
  readonly recogniser: StreamingRecogniser
  readonly loop: StreamingLoop
  /** By slot: how the voice worker of the slot feeds the loop. */
  readonly taps: readonly SpeechTap[]
  readonly #fromVoice: readonly ByteRing[]
  readonly #gateway: ByteRing
  readonly #voices: readonly ByteRing[]
  readonly #toStreaming: readonly Outbox[]

  constructor (recogniser: StreamingRecogniser, { ringBytes = 1 << 20, slots = SlotTable.create(SLOTS), ...options }: RigOptions) {
    this.slots = slots
    this.recogniser = recogniser
    const makeRing = (bytes: number): ByteRing => new ByteRing(createRingMemory(bytes))
    this.#gateway = makeRing(1 << 16)
    this.#fromVoice = [makeRing(ringBytes), makeRing(ringBytes)]
    this.#voices = [makeRing(1 << 14), makeRing(1 << 14)]
    this.#toStreaming = this.#fromVoice.map(ring => new Outbox(ring, bell))
    this.taps = Array.from({ length: SLOTS }, (_, slot) => new SpeechTap(this.#toStreaming[Math.floor(slot / SEATS_PER_VOICE)]!, slot))
    this.loop = new StreamingLoop({
      recogniser,
      slots: this.slots,
      bell: new SleeperBell(),
      fromVoice: this.#fromVoice,
      toVoice: this.#voices.map(ring => new Outbox(ring, bell)),
      outbox: new Outbox(this.#gateway, bell),
      stopFlag: new Int32Array(1)
    }, { maxStreams: 8, batchStreams: 4, partialEveryMs: 300, ...options })
  }

  static async create (t: TestContext, options: RigOptions = {}): Promise<StreamingRig> {
    const folder = mkdtempSync(join(tmpdir(), 'chorus-streaming-'))
    t.after(() => { rmSync(folder, { recursive: true }) })
    writeToneModel(folder, options.kind ?? 'zipformer2-ctc')
    const recogniser = new StreamingRecogniser(await findStreamingFiles(folder), { threads: 1, ruleSilenceMs: 200 })
    return new StreamingRig(recogniser, options)
  }

  attach (slot: number, generation: number): SpeechTap {
    this.slots.setEpoch(slot, generation, 0)
    this.taps[slot]!.attach(generation)
    return this.taps[slot]!
  }

  /** Feeds window by window, as voice does, with a pass of the loop after each. */
  say (tap: SpeechTap, samples: Int16Array): void {
    for (let at = 0; at < samples.length; at += 512) {
      const window = samples.subarray(at, at + 512)
      tap.append(window, window.length)
      this.settle()
    }
  }

  /** Lets the loop work until it has nothing to do. */
  settle (): void {
    this.flush()
    while (this.loop.pass()) this.flush()
  }

  /** What a voice worker is given of the recogniser. */
  linkOf (voice: number): { readonly to: Outbox, readonly from: ByteRing } {
    return { to: this.#toStreaming[voice]!, from: this.#voices[voice]! }
  }

  flush (): void { for (const outbox of this.#toStreaming) outbox.flush() }

  /** Bytes in the ring of the first voice worker. */
  get waitingBytes (): number { return this.#fromVoice[0]!.usedBytes }

  toldGateway (): SeenRecord[] { return drain(this.#gateway) }
  toldVoice (voice: number): SeenRecord[] { return drain(this.#voices[voice]!) }

  /** What the recogniser makes of the samples when it gets them all at once. */
  wordsOf (samples: Int16Array): string {
    const utterance = this.recogniser.open()
    utterance.accept(toFloats(samples))
    utterance.finish()
    while (utterance.isReady) this.recogniser.decode([utterance])
    return utterance.text
  }
}

function drain (ring: ByteRing): SeenRecord[] {
  const header = new RecordHeader()
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  const seen: SeenRecord[] = []
  for (;;) {
    const length = ring.pop(header, payload)
    if (length < 0) return seen
    const { kind, flags, slot, generation, sequence, time } = header
    seen.push({ kind, flags, slot, generation, sequence, time, text: new TextDecoder().decode(new Uint8Array(payload.buffer, 0, length)) })
  }
}
