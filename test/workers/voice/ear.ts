import assert from 'node:assert/strict'
import { sileroFile } from '../../../native-bindings/model-files.js'
import { loadOpus, type OpusDecoder } from '../../../native-bindings/opus.js'
import { SileroVad, type VadStream } from '../../../native-bindings/silero-vad.js'
import type { Endpoint } from '../../../src/ring/endpoint.js'
import { createArenaMemory, UtteranceArena } from '../../../src/ring/utterance-arena.js'
import { openUplinkEncoder } from '../../../tools/simulator/opus-codec.js'
import { VoiceCounters } from '../../../src/ring/voice-counters.js'
import { Hearing } from '../../../workers/voice/hearing.js'
import type { HearingOptions } from '../../../workers/voice/hearing-options.js'
import type { HearingSink } from '../../../workers/voice/types.js'
import { clips, loadClip } from '../../support/clips.js'

export const FRAME_SAMPLES = 960
export const opus = loadOpus('auto')
export const vad = new SileroVad(sileroFile().path, 4)

export const hearingDefaults: HearingOptions = {
  speechThreshold: 0.5,
  silenceThreshold: 0.35,
  minSpeechMs: 96,
  preRollMs: 480,
  bargeInMs: 250,
  endSilenceMs: 600,
  agreedSilenceMs: 350,
  maxUtteranceMs: 30_000,
  gate: false,
  gateDbfs: -56,
  gateAfterMs: 500,
  pauseMs: 0
}

/** What the sink heard: texts for starts, endpoints with their samples. */
export interface Heard { readonly endpoint: Endpoint, readonly samples: Int16Array }

interface EarOptions extends Partial<HearingOptions> {
  readonly pages?: number
  /** Keeps the pages of the endpoints, as a recogniser that never answers. */
  readonly keepsPages?: boolean
  readonly decoder?: OpusDecoder
}

/** A seat's hearing with real codec and model; endpoints are read and their pages released. */
export class Ear {
  readonly arena: UtteranceArena
  readonly hearing: Hearing
  readonly counters = new VoiceCounters()
  readonly heard: Heard[] = []
  /** When that arrived which completed each of those. */
  readonly arrivals: number[] = []
  readonly pauses: Heard[] = []
  /** 'start' and the reasons of the endpoints, in order. */
  readonly log: (string | number)[] = []
  /** How often somebody spoke for long enough to interrupt. */
  lasts = 0
  echoes = 0
  readonly #streams: VadStream[]
  readonly #sink: HearingSink

  constructor ({ pages = 64, keepsPages = false, decoder = opus.createDecoder(16_000), ...options }: EarOptions = {}) {
    this.arena = new UtteranceArena(createArenaMemory(pages))
    this.hearing = new Hearing(decoder, this.arena, { ...hearingDefaults, ...options }, this.counters)
    this.#sink = {
      onSpeechLasts: () => { this.lasts++ },
      onEchoLasts: () => { this.echoes++ },
      onSpeechStarted: () => { this.log.push('start') },
      onPause: endpoint => {
        this.pauses.push({ endpoint, samples: this.#read(endpoint) })
        this.release(endpoint)
      },
      onEndpoint: (endpoint, arrivalAt) => {
        this.arrivals.push(arrivalAt)
        this.log.push(endpoint.reason)
        this.heard.push({ endpoint, samples: this.#read(endpoint) })
        if (!keepsPages) this.release(endpoint)
      }
    }
    this.reset()
    this.#streams = [this.hearing.stream]
  }

  /** A new device takes the seat. */
  reset (): void { this.hearing.reset(this.#sink) }

  release (endpoint: Endpoint): void { for (const page of endpoint.pages) this.arena.release(page) }

  /** Hears packets that arrive every `everyUs`, judging after each `bunch` of them. */
  hear (packets: readonly Uint8Array[], bunch = 1, everyUs = 0): void {
    packets.forEach((packet, at) => {
      if (this.hearing.isFull) this.judge()
      assert.ok(this.hearing.acceptPacket(packet, packet.length, at * everyUs))
      if ((at + 1) % bunch === 0) this.judge()
    })
    this.judge()
  }

  judge (): void {
    while (this.hearing.hasWindow) {
      this.hearing.loadWindow()
      vad.run(this.#streams, 1)
      this.hearing.judgeWindow(0)
    }
  }

  #read ({ pages, startSample, endSample }: Endpoint): Int16Array {
    return Int16Array.from(this.arena.readFloats(pages, endSample - startSample), float => float * 32_768)
  }
}

/** Packets as the firmware makes them; the last frame is filled with silence. */
export function encodeUplink (samples: Int16Array): Uint8Array[] {
  const encoder = openUplinkEncoder()
  return Array.from({ length: Math.ceil(samples.length / FRAME_SAMPLES) }, (_, frame) => {
    const pcm = new Int16Array(FRAME_SAMPLES)
    pcm.set(samples.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES))
    return Uint8Array.from(encoder.encode(Buffer.from(pcm.buffer)))
  })
}

/** All samples of a stream of packets, by a decoder of its own. */
export function decodeAll (packets: readonly Uint8Array[], rateHz = 16_000): Int16Array {
  const decoder = opus.createDecoder(rateHz)
  const out = new Int16Array(rateHz / 1000 * 120)
  return joined(packets.map(packet => out.slice(0, decoder.decode(packet, packet.length, out))))
}

export function joined (pieces: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  pieces.reduce((at, piece) => { all.set(piece, at); return at + piece.length }, 0)
  return all
}

export const silence = (ms: number): Int16Array => new Int16Array(ms * 16)

/** Two sentences with pauses around them, as samples and as packets. */
export const twoSentences = joined([silence(1000), loadClip(clips.chieftain), silence(1500), loadClip(clips.sevenOfClubs), silence(1500)])
export const twoSentencesPackets = encodeUplink(twoSentences)

export function rmsOf (samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length))
}
