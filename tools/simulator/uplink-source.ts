import { findActiveSpeech } from './active-speech.js'
import { openUplinkEncoder, type PacketEncoder } from './opus-codec.js'

export const UPLINK_RATE_HZ = 16000
export const UPLINK_FRAME_MS = 60
export const UPLINK_FRAME_SAMPLES = UPLINK_RATE_HZ * UPLINK_FRAME_MS / 1000

/** What the microphone hears: queued clips, and silence between them. */
export interface UplinkSource {
  /** A fresh encoder, as at each start of the microphone. */
  reset (): void
  start (clip: Int16Array): void
  /** Forgets the rest of the clip. */
  cut (): void
  next (): Buffer
  /** Of the packet that `next` returned. */
  readonly isClipEnd: boolean
  readonly isSpeechEnd: boolean
}

/** One encoder of its own: what a single device sounds like. */
export class LiveSource implements UplinkSource {
  isClipEnd = false
  isSpeechEnd = false
  readonly #frame = Buffer.alloc(2 * UPLINK_FRAME_SAMPLES)
  readonly #samples = new Int16Array(this.#frame.buffer, this.#frame.byteOffset, UPLINK_FRAME_SAMPLES)
  #encoder: PacketEncoder = openUplinkEncoder()
  #clip: Int16Array | undefined
  #position = 0
  #speechEnd = 0

  reset (): void { this.#encoder = openUplinkEncoder() }

  start (clip: Int16Array): void {
    this.#clip = clip
    this.#position = 0
    this.#speechEnd = findActiveSpeech(clip, UPLINK_RATE_HZ).end
  }

  cut (): void { this.#clip = undefined }

  next (): Buffer {
    this.#samples.fill(0)
    this.isClipEnd = false
    this.isSpeechEnd = false
    const clip = this.#clip
    if (clip !== undefined) {
      const from = this.#position
      this.#position += UPLINK_FRAME_SAMPLES
      this.#samples.set(clip.subarray(from, this.#position))
      this.isSpeechEnd = from < this.#speechEnd && this.#speechEnd <= this.#position
      this.isClipEnd = this.#position >= clip.length
      if (this.isClipEnd) this.#clip = undefined
    }
    return this.#encoder.encode(this.#frame)
  }
}

interface SharedClip { readonly packets: readonly Buffer[], readonly speechEnd: number }

const SILENCE_FRAMES = 32
const sharedClips = new WeakMap<Int16Array, SharedClip>()
let sharedSilence: readonly Buffer[] | undefined

/**
 * Packets encoded once for all devices: encoding costs some 0.4 ms a frame, which hundreds of
 * devices in one process cannot pay. The only difference on the wire is that each clip begins with
 * a fresh encoder.
 */
export class SharedSource implements UplinkSource {
  isClipEnd = false
  isSpeechEnd = false
  #clip: SharedClip | undefined
  #index = 0
  #silenceIndex = 0

  reset (): void { this.#silenceIndex = 0 }

  start (clip: Int16Array): void {
    this.#clip = shareClip(clip)
    this.#index = 0
  }

  cut (): void { this.#clip = undefined }

  next (): Buffer {
    const clip = this.#clip
    this.isClipEnd = false
    this.isSpeechEnd = false
    if (clip === undefined) return this.#nextSilence()
    const packet = clip.packets[this.#index]!
    this.isSpeechEnd = this.#index === clip.speechEnd
    this.isClipEnd = ++this.#index === clip.packets.length
    if (this.isClipEnd) this.#clip = undefined
    return packet
  }

  #nextSilence (): Buffer {
    sharedSilence ??= encodeClip(new Int16Array(SILENCE_FRAMES * UPLINK_FRAME_SAMPLES))
    const packet = sharedSilence[this.#silenceIndex]!
    // The first packets are the encoder's start; what repeats is the pattern of DTX after it.
    this.#silenceIndex = this.#silenceIndex + 1 < sharedSilence.length ? this.#silenceIndex + 1 : 8
    return packet
  }
}

/** All of a clip, the last frame padded with silence, from a fresh encoder: also the wake burst. */
export function encodeClip (pcm: Int16Array): Buffer[] {
  const source = new LiveSource()
  const packets: Buffer[] = []
  if (pcm.length === 0) return packets
  source.start(pcm)
  do packets.push(source.next())
  while (!source.isClipEnd)
  return packets
}

/** Encodes a clip, and the silence around it, before devices that share it speak. */
export function prepareShared (pcm: Int16Array): void {
  shareClip(pcm)
  sharedSilence ??= encodeClip(new Int16Array(SILENCE_FRAMES * UPLINK_FRAME_SAMPLES))
}

function shareClip (pcm: Int16Array): SharedClip {
  const known = sharedClips.get(pcm)
  if (known !== undefined) return known
  const speechEnd = Math.floor(Math.max(0, findActiveSpeech(pcm, UPLINK_RATE_HZ).end - 1) / UPLINK_FRAME_SAMPLES)
  const clip = { packets: encodeClip(pcm), speechEnd }
  sharedClips.set(pcm, clip)
  return clip
}
