import { SimulatedDevice } from '../../../tools/simulator/simulated-device.js'
import type { ListenMode, TurnRecord } from '../../../tools/simulator/types.js'
import type { FleetClip } from './clips.js'
import { outcomeOf, type FleetTurn } from './fleet-turn.js'
import type { Pacer } from './pacer.js'
import { clientIdOf } from './schedule.js'

export interface FleetDeviceOptions {
  readonly index: number
  readonly deviceId: string
  readonly url: string
  readonly token: string
  readonly mode: ListenMode
  readonly clips: readonly FleetClip[]
  /** Moments of `performance.now()`. */
  readonly connectAtMs: number
  readonly firstAtMs: number
  readonly endAtMs: number
  readonly periodMs: number
  readonly answerMs: number
  readonly bargeInShare: number
  /** Decodes and keeps what it plays. */
  readonly decodes: boolean
  readonly random: () => number
}

/** News of all devices. */
export interface FleetSink {
  onTurn (turn: FleetTurn): void
  /** Questions that could not be asked, since the device was still busy with an earlier one. */
  onMissed (count: number): void
  /** An answer to nothing that was asked. */
  onUnasked (): void
  onConnectionError (reason: string): void
}

interface Question {
  readonly index: number
  readonly clip: FleetClip
  readonly isDelayed: boolean
  /** Asked into an answer; its own is left alone, or nobody would ever stop talking. */
  readonly isInterruption: boolean
  isCut: boolean
  interruptedAtMs: number | undefined
  /** With which it was interrupted. */
  next: Question | undefined
}

// Longer than any answer of a server that still works on it.
const ANSWER_TIMEOUT_MS = 60_000
const DELAYED_MS = 1000
// People look whether the device listens, then speak.
const LOOK_MS: Readonly<Record<ListenMode, number>> = { auto: 1000, realtime: 1000, manual: 300 }
/** An answer that has begun has no audio yet. */
const LOOK_AGAIN_MS = 60
const NORMAL_CLOSE = 1000

/** One device of the fleet and whoever talks to it. */
export class FleetDevice {
  readonly #options: FleetDeviceOptions
  readonly #sink: FleetSink
  readonly #pacer: Pacer
  #device: SimulatedDevice | undefined
  #asked = 0
  #isOpening = false
  #isClosing = false

  constructor (options: FleetDeviceOptions, pacer: Pacer, sink: FleetSink) {
    this.#options = options
    this.#pacer = pacer
    this.#sink = sink
  }

  get isConnected (): boolean { return this.#device?.isChannelOpen ?? false }

  /** Asks its questions when they are due; resolves after the last answer. */
  async run (): Promise<void> {
    const { connectAtMs, firstAtMs, endAtMs, periodMs, mode } = this.#options
    await this.#pacer.waitUntil(connectAtMs)
    if (mode !== 'manual' && !this.#pacer.isStopped) await this.#listen() // else a button would be held down
    for (let dueMs = firstAtMs; dueMs < endAtMs; dueMs = this.#nextDue(dueMs + periodMs)) {
      await this.#pacer.waitUntil(dueMs)
      if (this.#pacer.isStopped) break
      await this.#converse(dueMs)
    }
    this.close()
  }

  close (): void {
    this.#isClosing = true
    this.#letGo()
  }

  // The rate stays what it is: what a slow answer made impossible is left out, not made up for.
  #nextDue (dueMs: number): number {
    const { periodMs } = this.#options
    const missed = Math.floor((performance.now() - dueMs) / periodMs)
    if (missed < 1) return dueMs
    this.#sink.onMissed(missed)
    return dueMs + missed * periodMs
  }

  async #converse (dueMs: number): Promise<void> {
    const isDelayed = performance.now() - dueMs > DELAYED_MS
    const device = await this.#listen()
    if (device === undefined || this.#isClosing) return
    let question: Question | undefined = this.#ask(device, { isDelayed, isInterruption: false })
    while (question !== undefined) question = await this.#hear(device, question)
  }

  /** The device, listening; nothing if the server would not have it. */
  async #listen (): Promise<SimulatedDevice | undefined> {
    const { mode } = this.#options
    const device = this.#device ??= this.#makeDevice()
    try {
      if (device.state === 'speaking') await device.waitForState(mode === 'manual' ? 'idle' : 'listening', { timeoutMs: ANSWER_TIMEOUT_MS })
      if (device.state === 'idle') {
        this.#isOpening = true
        await device.start(mode)
        await this.#pacer.waitUntil(performance.now() + LOOK_MS[mode])
      }
      return device
    } catch (error) {
      if (!this.#isClosing) this.#sink.onConnectionError(error instanceof Error ? error.message : String(error))
      this.#letGo()
      return undefined
    } finally {
      this.#isOpening = false
    }
  }

  #ask (device: SimulatedDevice, kind: Pick<Question, 'isDelayed' | 'isInterruption'>): Question {
    const { index, clips, mode } = this.#options
    const clip = clips[(index + this.#asked) % clips.length]!
    const copy = clip.copies[(index + 3 * this.#asked) % clip.copies.length]!
    const question: Question = { ...kind, index: this.#asked++, clip, isCut: false, interruptedAtMs: undefined, next: undefined }
    void device.speak(copy).then(({ cut }) => {
      question.isCut = cut
      if (mode === 'manual') device.release()
    })
    return question
  }

  /** Waits for the answer, and perhaps not for its end; returns the question that came into it. */
  async #hear (device: SimulatedDevice, question: Question): Promise<Question | undefined> {
    const stop = this.#planInterruption(device, question)
    const record = await this.#answerTo(device, question)
    stop()
    const outcome = outcomeOf(record)
    if (this.#isClosing && outcome !== 'answered') return undefined // stopped by hand, and no fault of anybody
    this.#sink.onTurn({
      device: this.#options.index,
      index: question.index,
      clip: question.clip,
      outcome,
      record,
      interruptedAtMs: record?.abortAtMs ?? question.interruptedAtMs,
      isDelayed: question.isDelayed,
      isQuestionCut: question.isCut
    })
    if (outcome === 'answered') return question.next
    this.#letGo() // with whatever was still to be said
    return undefined
  }

  async #answerTo (device: SimulatedDevice, question: Question): Promise<TurnRecord | undefined> {
    const timeoutMs = question.clip.durationMs + this.#options.answerMs + ANSWER_TIMEOUT_MS
    const beganMs = performance.now()
    try {
      for (;;) {
        const record = await device.turnDone({ timeoutMs })
        if (record.speechEndAtMs !== null || question.isCut) return record
        this.#sink.onUnasked()
      }
    } catch {
      const last = device.currentTurn ?? device.turns.at(-1)
      return last !== undefined && (last.ttsStartAtMs ?? last.speechEndAtMs ?? 0) >= beganMs ? last : undefined
    }
  }

  /** At a random moment of the answer, in a random share of answers. */
  #planInterruption (device: SimulatedDevice, question: Question): () => void {
    const { random, bargeInShare, answerMs, mode } = this.#options
    if (question.isInterruption || random() >= bargeInShare) return () => {}
    const momentMs = (0.1 + 0.8 * random()) * answerMs
    let isOver = false
    const interrupt = (): void => {
      if (isOver || this.#pacer.isStopped || device.state !== 'speaking' || device.currentTurn?.ttsStopAtMs != null) return
      if (mode === 'realtime') {
        question.interruptedAtMs = performance.now()
        question.next = this.#ask(device, { isDelayed: false, isInterruption: true })
      } else device.abort()
    }
    const waitForMoment = async (): Promise<void> => {
      while (!isOver && !this.#pacer.isStopped && device.currentTurn?.firstFrameAtMs == null) {
        await this.#pacer.waitUntil(performance.now() + LOOK_AGAIN_MS)
      }
      await this.#pacer.waitUntil(performance.now() + momentMs)
      interrupt()
    }
    const onState = (state: string): void => {
      if (state !== 'speaking') return
      device.off('state', onState)
      void waitForMoment()
    }
    device.on('state', onState)
    return () => {
      isOver = true
      device.off('state', onState)
    }
  }

  #makeDevice (): SimulatedDevice {
    const { url, deviceId, token, mode, decodes, random } = this.#options
    const device = new SimulatedDevice({
      url,
      deviceId,
      clientId: clientIdOf(deviceId),
      token,
      mode,
      keepTurns: 1,
      mainLoopLatencyMs: () => 5 * random(),
      profile: { mic: 'shared', audio: decodes ? 'record' : 'count', aec: mode === 'realtime' ? 'device' : 'off' }
    })
    device.on('crash', reason => { this.#sink.onConnectionError(`a real device would have crashed: ${reason}`) })
    device.on('closed', code => {
      // Who waits for the channel to open learns it from there.
      if (this.#device !== device || this.#isOpening || code === NORMAL_CLOSE) return
      this.#sink.onConnectionError(`the server closed the channel (${code})`)
    })
    return device
  }

  #letGo (): void {
    const device = this.#device
    this.#device = undefined
    device?.close()
  }
}
