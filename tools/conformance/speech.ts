import { openUplinkEncoder } from '../simulator/opus-codec.js'

const HZ = 16000
const FRAME_SAMPLES = 960
// What libopus makes of silence with DTX: a wideband SILK frame of 60 ms without content.
const DTX = Buffer.of(0x58)
/** Of quiet steady noise, DTX sends every so many packets one in full. */
const REFRESH_EVERY = 7

export function encodeSpeech (pcm: Int16Array): Buffer[] {
  const encoder = openUplinkEncoder(HZ)
  const packets: Buffer[] = []
  for (let at = 0; at < pcm.length; at += FRAME_SAMPLES) {
    const frame = new Int16Array(FRAME_SAMPLES)
    frame.set(pcm.subarray(at, at + FRAME_SAMPLES))
    packets.push(Buffer.from(encoder.encode(Buffer.from(frame.buffer))))
  }
  return packets
}

/** Faint noise, as a fan makes it: no DTX, no speech. */
export function encodeNoise (seconds: number, amplitude = 60): Buffer[] {
  const pcm = new Int16Array(seconds * HZ)
  let seed = 1
  for (let at = 0; at < pcm.length; at++) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    pcm[at] = (seed / 0x7fffffff - 0.5) * 2 * amplitude
  }
  return encodeSpeech(pcm)
}

// Made once: an encoder is native memory, which nothing collects in a loop that never rests.
const wholeSilence = encodeSpeech(new Int16Array(FRAME_SAMPLES))[0]!

/** Silence as a device sends it: packets of one byte, and now and then a whole one. */
export function makeDtx (seconds: number): Buffer[] {
  return Array.from({ length: Math.ceil(seconds * 1000 / 60) }, (_, index) => index % REFRESH_EVERY === 0 ? wholeSilence : DTX)
}
