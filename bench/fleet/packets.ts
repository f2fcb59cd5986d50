import { loadClips } from '../../src/bin/simulate/clips.js'
import { seededRandom } from '../../src/bin/simulate/seeded.js'
import { findOwnFile } from '../../src/bin/shared/speech-file.js'
import { encodeClip, SharedSource, UPLINK_FRAME_MS, UPLINK_RATE_HZ } from '../../tools/simulator/uplink-source.js'
import { binaryFrame } from '../support/raw-devices.js'

/** One question, ready to be sent: WebSocket frames with an Opus packet of 60 ms each. */
export interface Question {
  readonly frames: readonly Buffer[]
  /** Index of the frame in which the last sound of it is. */
  readonly lastSpoken: number
}

/** All that devices send, made once: encoding costs 0.4 ms a frame. */
export interface Packets {
  readonly questions: readonly Question[]
  /** What an open microphone sends while nobody speaks, over and over; empty: nothing. */
  readonly pause: readonly Buffer[]
}

const VOICES = ['en-river', 'en-dog', 'en-lights', 'en-chieftain'].map(name => `test/fixtures/${name}.wav`)
const PAUSE_FRAMES = 48
/** The first packets are the encoder's start; what repeats is the pattern behind them. */
const ENCODER_START = 8
/** Of a room with a fan, about 44 dB below full scale. */
const NOISE_PEAK = 350

/** @param speechSeconds the clips are cut or repeated to about this length */
export function preparePackets (speechSeconds: number, pause: 'dtx' | 'noise' | 'nothing'): Packets {
  const clips = loadClips(VOICES.map(findOwnFile), speechSeconds)
  return {
    questions: clips.flatMap(({ copies }) => copies).map(prepareQuestion),
    pause: pause === 'nothing' ? [] : encodeClip(roomTone(pause)).slice(ENCODER_START).map(binaryFrame)
  }
}

function prepareQuestion (pcm: Int16Array): Question {
  const source = new SharedSource()
  source.start(pcm)
  const frames: Buffer[] = []
  let lastSpoken = 0
  do {
    frames.push(binaryFrame(source.next()))
    if (source.isSpeechEnd) lastSpoken = frames.length - 1
  } while (!source.isClipEnd)
  return { frames: frames.slice(0, lastSpoken + 1), lastSpoken }
}

function roomTone (pause: 'dtx' | 'noise'): Int16Array {
  const pcm = new Int16Array((ENCODER_START + PAUSE_FRAMES) * UPLINK_FRAME_MS * UPLINK_RATE_HZ / 1000)
  const random = seededRandom(1)
  if (pause === 'noise') for (let at = 0; at < pcm.length; at++) pcm[at] = Math.round((random() + random() - 1) * NOISE_PEAK)
  return pcm
}
