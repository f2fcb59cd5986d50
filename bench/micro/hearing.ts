import { loadOpus, type OpusDecoder } from '../../native-bindings/opus.js'
import { WINDOW_SAMPLES } from '../../native-bindings/silero-vad.js'
import { makeConfig } from '../../src/core/config.js'
import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { MAX_PAYLOAD_BYTES } from '../../src/ring/layout.js'
import { Outbox } from '../../src/ring/outbox.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { createArenaMemory, UtteranceArena } from '../../src/ring/utterance-arena.js'
import { VoiceCounters } from '../../src/ring/voice-counters.js'
import { ArrivalLog } from '../../workers/voice/arrival-log.js'
import { BargeIn } from '../../workers/voice/barge-in.js'
import { EchoDetector } from '../../workers/voice/echo-detector.js'
import { Endpointer } from '../../workers/voice/endpointer.js'
import { EnergyGate, meanSquareOf } from '../../workers/voice/energy-gate.js'
import { Hearing } from '../../workers/voice/hearing.js'
import { LevelTrack } from '../../workers/voice/level-track.js'
import { PacketDecoder } from '../../workers/voice/packet-decoder.js'
import { RecentSamples } from '../../workers/voice/recent-samples.js'
import { SampleFifo } from '../../workers/voice/sample-fifo.js'
import { SpeechTap } from '../../workers/voice/speech-tap.js'
import type { HearingSink } from '../../workers/voice/types.js'
import { Utterance } from '../../workers/voice/utterance.js'
import { loadSpeech } from '../support/speech.js'
import { alone, repeated } from './alone.js'
import { consume } from './types.js'

const RATE_HZ = 16_000
const WINDOW_MS = 32
const FRAME_SAMPLES = 960
const ROUNDS = 256
/** An utterance of about 5 s, and the silence that ends it. */
const VOICED = 150
const PERIOD = 192

const { hearing: options } = makeConfig()

/** The verdict of the model on window number `index`: somebody speaks, and pauses. */
function probabilityAt (index: number): number { return index % PERIOD < VOICED ? 0.95 : 0.02 }

function cutSpeech (samples: number): Int16Array[] {
  const speech = loadSpeech()
  return Array.from({ length: Math.floor(speech.length / samples) }, (_, at) => speech.slice(at * samples, (at + 1) * samples))
}

/** Speech out of memory, at no cost worth mentioning: what is measured is not the codec. */
function recordedDecoder (): OpusDecoder {
  const frames = cutSpeech(FRAME_SAMPLES)
  let next = 0
  return {
    decode (_packet, _length, out) {
      out.set(frames[next++ % frames.length]!)
      return FRAME_SAMPLES
    },
    reset () {}
  }
}

function makeSink (arena: UtteranceArena): HearingSink {
  return {
    onSpeechStarted () {}, onSpeechLasts () {}, onEchoLasts () {},
    onPause: ({ pages }) => { for (const page of pages) arena.release(page) },
    onEndpoint: ({ pages }) => { for (const page of pages) arena.release(page) }
  }
}

/** A seat's hearing without codec and model: queue, gate, endpoints, utterance, echo. */
export const hearing = alone('frame of 60 ms, heard', () => {
  const arena = new UtteranceArena(createArenaMemory(32))
  const seat = new Hearing(recordedDecoder(), arena, options, new VoiceCounters())
  seat.reset(makeSink(arena))
  seat.start(false)
  const packet = new Uint8Array(180).fill(0x58, 0, 1)
  const answer = loadSpeech().slice(0, 1440)
  let window = 0
  return repeated(ROUNDS, round => {
    seat.echo?.play(answer, 24_000)
    seat.acceptPacket(packet, packet.length, round)
    while (seat.hasWindow) {
      seat.loadWindow()
      seat.stream.probability = probabilityAt(window++)
      seat.judgeWindow(round)
    }
    return window
  }, consume)
})

export const conceal = alone('lost frame, made up for', () => {
  const decoder = new PacketDecoder(loadOpus('auto').createDecoder(RATE_HZ), RATE_HZ / 1000)
  const out = new Int16Array(PacketDecoder.maxSamples(RATE_HZ / 1000))
  return repeated(64, round => {
    if (round % 3 === 0) decoder.restart() // beyond 200 ms it is plain silence
    return decoder.concealFrame(out)
  }, consume)
})

export const endpointer = alone('verdict, taken in', () => {
  const one = new Endpointer(options, WINDOW_MS)
  let window = 0
  return repeated(8 * PERIOD, () => one.push(probabilityAt(window++)), consume)
})

export const energyGate = alone('window, its loudness', () => {
  const windows = cutSpeech(WINDOW_SAMPLES)
  const gate = new EnergyGate(options, WINDOW_MS)
  return repeated(ROUNDS, round => gate.pass(meanSquareOf(windows[round % windows.length]!), false) ? 1 : 0, consume)
})

export const levelTrack = alone('window, its levels', () => {
  const windows = cutSpeech(WINDOW_SAMPLES)
  const track = new LevelTrack(128)
  const levels = new Uint8Array(100)
  return repeated(ROUNDS, round => {
    track.push(windows[round % windows.length]!, WINDOW_SAMPLES, RATE_HZ)
    track.copy(100, levels, 0)
    return levels[99]!
  }, consume)
})

/** Speech over an answer that is other speech: every delay is tried. */
function overAnswer (): EchoDetector {
  const detector = new EchoDetector()
  const speech = loadSpeech()
  detector.hear(speech, 2 * RATE_HZ, RATE_HZ)
  detector.play(speech.slice(5 * RATE_HZ, 8 * RATE_HZ), RATE_HZ)
  return detector
}

export const echo = alone('question whether it is an echo', () => {
  const detector = overAnswer()
  return repeated(64, () => detector.isEcho() ? 1 : 0, consume)
})

export const bargeIn = alone('voiced window over an answer', () => {
  const nobody = makeSink(new UtteranceArena(createArenaMemory(1)))
  const one = new BargeIn(options.bargeInMs)
  const windows = cutSpeech(WINDOW_SAMPLES)
  one.echo.play(windows[0]!, RATE_HZ)
  return repeated(64, round => {
    if (round % 16 === 0) one.begin()
    one.echo.hear(windows[round % windows.length]!, WINDOW_SAMPLES, RATE_HZ)
    one.push(WINDOW_MS, true, nobody)
    return round
  }, consume)
})

export const arrivalLog = alone('arrival, noted and found', () => {
  const log = new ArrivalLog()
  let end = 0
  return repeated(1024, round => {
    end = (end + FRAME_SAMPLES) | 0
    log.add(end, round)
    return log.find((end - WINDOW_SAMPLES) | 0) ? log.heardAt : 0
  }, consume)
})

export const sampleFifo = alone('frame through the queue of samples', () => {
  const [frame] = cutSpeech(FRAME_SAMPLES)
  const fifo = new SampleFifo(8192)
  const out = new Int16Array(FRAME_SAMPLES)
  return repeated(ROUNDS, () => {
    const left = fifo.push(frame!, FRAME_SAMPLES)
    const square = fifo.meanSquare(0, WINDOW_SAMPLES)
    fifo.shift(out, FRAME_SAMPLES)
    return left + square
  }, consume)
})

export const recentSamples = alone('window through the pre-roll', () => {
  const [window] = cutSpeech(WINDOW_SAMPLES)
  const recent = new RecentSamples(options.preRollMs * RATE_HZ / 1000)
  const out = new Int16Array(WINDOW_SAMPLES)
  return repeated(ROUNDS, () => {
    recent.push(window!, WINDOW_SAMPLES)
    recent.copy(0, Math.min(recent.length, WINDOW_SAMPLES), out)
    return out[0]!
  }, consume)
})

export const utterance = alone('window of an utterance', () => {
  const [window] = cutSpeech(WINDOW_SAMPLES)
  const arena = new UtteranceArena(createArenaMemory(32))
  const one = new Utterance(arena)
  return repeated(2 * PERIOD, round => {
    if (round % PERIOD === 0) one.open(round)
    return one.append(window!, WINDOW_SAMPLES) ? one.samples : 0
  }, consume)
})

export const speechTap = alone('window to a recogniser that listens along', () => {
  const [window] = cutSpeech(WINDOW_SAMPLES)
  const ring = new ByteRing(createRingMemory(256 * 1024))
  const tap = new SpeechTap(new Outbox(ring, { ring () {} }), 3)
  tap.attach(1)
  tap.begin()
  const header = new RecordHeader()
  const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  return repeated(ROUNDS, () => {
    tap.append(window!, WINDOW_SAMPLES)
    let bytes = 0
    for (let length = ring.pop(header, payload); length >= 0; length = ring.pop(header, payload)) bytes += length
    return bytes
  }, consume)
})
