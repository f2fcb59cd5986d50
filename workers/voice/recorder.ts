import type { VadStream } from '../../native-bindings/silero-vad.js'
import type { Endpoint } from '../../src/ring/endpoint.js'
import type { RecordingLink, RecordingOrder } from '../../src/ring/recording-messages.js'
import {
  AGREES, ANSWERS, DISK_TOO_SLOW, END, ENDPOINT_WORDS, FINISHES, FRAME, hashSamples, MAGIC, PLAYS, RECORD_HEADER_BYTES, SERVER_STOPS,
  SESSION_OVER, STARTS, STOPS, TOLD, TOLD_ENDPOINT, TOO_LONG, WINDOW, WINDOW_BYTES, type RecordingHeader
} from './recording-format.js'

const CHUNK_BYTES = 1 << 16
const MB = 2 ** 20

export interface RecorderLimits { readonly sessions: number, readonly maxSessionMb: number, readonly maxQueuedMb: number }

/** Has sessions of a voice worker recorded, by a thread that may wait for a disk. */
export class Recorder {
  readonly limits: RecorderLimits
  readonly #link: RecordingLink
  readonly #settled: Int32Array
  readonly #header: Omit<RecordingHeader, 'startedAt'>
  readonly #open = new Set<SessionRecording>()
  #sentBytes = 0
  #lastId = 0

  constructor (link: RecordingLink, limits: RecorderLimits, header: Omit<RecordingHeader, 'startedAt'>) {
    this.#link = link
    this.#settled = new Int32Array(link.settledBytes)
    this.limits = limits
    this.#header = header
  }

  /** Bytes that the disk has not taken yet. */
  get queuedBytes (): number { return (this.#sentBytes - Atomics.load(this.#settled, 0)) | 0 }

  /** @returns null when as many sessions are recorded as may be */
  begin (slot: number): SessionRecording | null {
    if (this.#open.size >= this.limits.sessions) return null
    const id = ++this.#lastId
    this.send({ kind: 'begin', id, slot })
    const header = new TextEncoder().encode(JSON.stringify({ ...this.#header, startedAt: new Date().toISOString() }))
    const recording = new SessionRecording(this, id, header)
    this.#open.add(recording)
    return recording
  }

  send (order: RecordingOrder): void {
    if (order.kind === 'bytes') this.#sentBytes = (this.#sentBytes + order.bytes.length) | 0
    this.#link.port.postMessage(order, order.kind === 'bytes' ? [order.bytes.buffer as ArrayBuffer] : [])
  }

  forget (recording: SessionRecording): void { this.#open.delete(recording) }

  /** The server stops. */
  close (): void {
    for (const recording of this.#open) recording.end(SERVER_STOPS)
    this.#link.port.close()
  }
}

/** What one session's hearing takes in and what it makes of it (recording-format.ts). */
export class SessionRecording {
  readonly #recorder: Recorder
  readonly #id: number
  #chunk = new Uint8Array(CHUNK_BYTES)
  #view = new DataView(this.#chunk.buffer)
  #at = 0
  #bytes = 0
  /** The clock of the recording. */
  #windows = 0
  #isOver = false

  constructor (recorder: Recorder, id: number, header: Uint8Array) {
    this.#recorder = recorder
    this.#id = id
    this.#chunk.set(new TextEncoder().encode(MAGIC))
    this.#view.setUint32(MAGIC.length, header.length, true)
    this.#chunk.set(header, MAGIC.length + 4)
    this.#at = MAGIC.length + 4 + header.length
  }

  frame (packet: Uint8Array, length: number, missing: number): void {
    const at = this.#begin(FRAME, missing, length)
    if (at >= 0) this.#chunk.set(packet.subarray(0, length), at)
  }

  starts (isManual: boolean): void { this.#begin(STARTS, isManual ? 1 : 0, 0) }
  finishes (reason: number): void { this.#begin(FINISHES, reason, 0) }
  stops (): void { this.#begin(STOPS, 0, 0) }
  answers (): void { this.#begin(ANSWERS, 0, 0) }

  agrees (samples: number): void {
    const at = this.#begin(AGREES, 0, 4)
    if (at >= 0) this.#view.setUint32(at, samples, true)
  }

  plays (samples: Int16Array, rateHz: number): void {
    const at = this.#begin(PLAYS, rateHz / 100, samples.length * 2)
    if (at >= 0) this.#chunk.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), at)
  }

  /** Call before conclusions are drawn from it. */
  window ({ probability, window }: VadStream): void {
    const at = this.#begin(WINDOW, 0, WINDOW_BYTES)
    this.#windows++
    if (at < 0) return
    this.#view.setFloat32(at, probability, true)
    this.#view.setUint32(at + 4, hashSamples(window), true)
  }

  told (kind: number): void { this.#begin(TOLD, kind, 0) }

  toldEndpoint (kind: number, { utterance, startSample, endSample, speechEndSample, reason }: Endpoint): void {
    const at = this.#begin(TOLD_ENDPOINT, kind, ENDPOINT_WORDS * 4)
    if (at < 0) return
    const words = [utterance, startSample, endSample, speechEndSample, reason]
    words.forEach((value, word) => { this.#view.setUint32(at + word * 4, value, true) })
  }

  /** Nothing follows. */
  end (reason = SESSION_OVER): void {
    if (this.#isOver) return
    if (this.#at + RECORD_HEADER_BYTES > CHUNK_BYTES) this.#send()
    this.#writeHeader(END, reason, 0)
    this.#isOver = true
    this.#send()
    this.#recorder.send({ kind: 'end', id: this.#id })
    this.#recorder.forget(this)
  }

  /** @returns where the payload goes, or -1 when the recording is over */
  #begin (kind: number, extra: number, bytes: number): number {
    if (this.#isOver) return -1
    const { maxSessionMb, maxQueuedMb } = this.#recorder.limits
    if (this.#at + RECORD_HEADER_BYTES + bytes > CHUNK_BYTES) {
      this.#send()
      if (this.#bytes > maxSessionMb * MB) { this.end(TOO_LONG); return -1 }
      if (this.#recorder.queuedBytes > maxQueuedMb * MB) { this.end(DISK_TOO_SLOW); return -1 }
    }
    this.#writeHeader(kind, extra, bytes)
    const at = this.#at
    this.#at += bytes
    return at
  }

  #writeHeader (kind: number, extra: number, bytes: number): void {
    this.#view.setUint16(this.#at, kind, true)
    this.#view.setUint16(this.#at + 2, extra, true)
    this.#view.setUint32(this.#at + 4, this.#windows, true)
    this.#view.setUint32(this.#at + 8, bytes, true)
    this.#at += RECORD_HEADER_BYTES
  }

  #send (): void {
    this.#bytes += this.#at
    this.#recorder.send({ kind: 'bytes', id: this.#id, bytes: this.#chunk.slice(0, this.#at) })
    this.#at = 0
  }
}
