import type { Deadline, DeadlineClock } from './deadline-clock.js'
import type { SpeakResult } from './types.js'
import { UPLINK_FRAME_MS, type UplinkSource } from './uplink-source.js'

export interface MicEvents {
  onPacket (packet: Buffer): void
  onSpeechEnd (atMs: number): void
  onClipEnd (atMs: number): void
}

interface QueuedClip {
  readonly pcm: Int16Array
  readonly done: (result: SpeakResult) => void
}

// After `listen start` the firmware waits this long before it takes the first sample.
const WARM_UP_MS = 120

/**
 * The microphone: one frame per 60 ms of real time while it is on, whether somebody speaks or not.
 * A clip begins with the next frame after it was queued, once the microphone is on: the user waits
 * for the device to listen. Switched off in mid-clip, the rest of the clip is spoken to nobody.
 */
export class UplinkMic implements Deadline {
  dueMs = 0
  readonly #clock: DeadlineClock
  readonly #source: UplinkSource | undefined
  readonly #events: MicEvents
  readonly #queue: QueuedClip[] = []
  #speaking: QueuedClip | undefined
  #isOn = false

  /** Without a source the microphone can be on but hears and sends nothing. */
  constructor (clock: DeadlineClock, source: UplinkSource | undefined, events: MicEvents) {
    this.#clock = clock
    this.#source = source
    this.#events = events
  }

  get isOn (): boolean { return this.#isOn }

  start (): void {
    if (this.#isOn) return
    this.#isOn = true
    if (this.#source === undefined) return
    this.#source.reset()
    this.dueMs = this.#clock.now() + WARM_UP_MS + UPLINK_FRAME_MS
    this.#clock.add(this)
  }

  stop (): void {
    if (!this.#isOn) return
    this.#isOn = false
    this.#clock.remove(this)
    this.#source?.cut()
    this.#finishClip(this.#clock.now(), true)
  }

  speak (pcm: Int16Array): Promise<SpeakResult> {
    if (this.#source === undefined) return Promise.reject(new Error('this device has no microphone (profile.mic is "off")'))
    if (pcm.length === 0) return Promise.resolve({ endedAtMs: this.#clock.now(), cut: false })
    return new Promise(resolve => { this.#queue.push({ pcm, done: resolve }) })
  }

  /** Whoever waits for a clip learns that it will not be spoken. */
  dropClips (): void {
    const now = this.#clock.now()
    this.#source?.cut()
    this.#finishClip(now, true)
    for (const clip of this.#queue.splice(0)) clip.done({ endedAtMs: now, cut: true })
  }

  run (): void {
    const source = this.#source
    if (!this.#isOn || source === undefined) return
    this.dueMs += UPLINK_FRAME_MS
    this.#clock.add(this)
    if (this.#speaking === undefined) {
      this.#speaking = this.#queue.shift()
      if (this.#speaking !== undefined) source.start(this.#speaking.pcm)
    }
    this.#events.onPacket(source.next())
    if (source.isSpeechEnd) this.#events.onSpeechEnd(this.#clock.now())
    if (source.isClipEnd) {
      this.#events.onClipEnd(this.#clock.now())
      this.#finishClip(this.#clock.now(), false)
    }
  }

  #finishClip (endedAtMs: number, cut: boolean): void {
    const clip = this.#speaking
    this.#speaking = undefined
    clip?.done({ endedAtMs, cut })
  }
}
