/** What waits for the device's first datagram. */
interface HeldFrame { readonly message: Uint8Array, readonly timestamp: number }

export interface HoldSink {
  publish (text: string): void
  sendFrame (message: Uint8Array, timestamp: number): void
}

/** A device that listens sends a packet within two frames; one without microphone never does. */
const HOLD_MS = 500
/** From `tts start` to the first audio, as playout has it. */
const START_GAP_MS = 100
/** As many as a device is ever sent ahead. */
const MAX_FRAMES = 18

const TTS_START = /"type":"tts","state":"start"/

/**
 * The first answer of a session may be quicker than the device's first packet, and once told of an
 * answer the device sends none: it would hear nothing of it. So that answer waits, with all that
 * follows it, until it is known where the device is, or until it is clear that nobody will say.
 */
export class StartHold {
  readonly #sink: HoldSink
  #texts: string[] | undefined
  #frames: HeldFrame[] | undefined
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor (sink: HoldSink) {
    this.#sink = sink
  }

  text (text: string): void {
    if (this.#texts === undefined && !this.#isOver && TTS_START.test(text)) {
      this.#texts = []
      this.#frames = []
      this.#timer = setTimeout(() => { this.release() }, HOLD_MS)
    }
    if (this.#texts === undefined) this.#sink.publish(text)
    else this.#texts.push(text)
  }

  /** @param message valid during the call only */
  frame (message: Uint8Array, timestamp: number): void {
    if (this.#frames === undefined) this.#sink.sendFrame(message, timestamp)
    else if (this.#frames.length < MAX_FRAMES) this.#frames.push({ message: message.slice(), timestamp })
  }

  /** The device is known now; nothing will ever wait again. */
  release (): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    const texts = this.#texts
    this.#texts = undefined
    for (const text of texts ?? []) this.#sink.publish(text)
    if (this.#frames !== undefined) this.#timer = setTimeout(() => { this.#releaseFrames() }, START_GAP_MS)
  }

  /** The session is over. */
  close (): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#texts = undefined
    this.#frames = undefined
  }

  #releaseFrames (): void {
    const frames = this.#frames
    this.#frames = undefined
    for (const { message, timestamp } of frames ?? []) this.#sink.sendFrame(message, timestamp)
  }
}
