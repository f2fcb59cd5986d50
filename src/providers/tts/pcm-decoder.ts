import type { PcmChunk } from '../types.js'
import { parseWavHeader } from './wav-header.js'

const RIFF = Buffer.from('RIFF')

/**
 * Turns the bytes of an answer into samples, however they are cut. Raw little-endian PCM has the
 * rate given; a WAV file, which some servers send whatever was asked for, has its own.
 */
export class PcmDecoder {
  #sampleRateHz: number
  #head: Uint8Array | undefined = new Uint8Array(0)
  #bytesLeft = Infinity
  readonly #oddByte = new Uint8Array(1)
  #hasOddByte = false

  constructor (sampleRateHz: number) {
    this.#sampleRateHz = sampleRateHz
  }

  /**
   * The samples that `bytes` completes; undefined if there are none.
   * @throws Error if it is a WAV file of another kind
   */
  push (bytes: Uint8Array): PcmChunk | undefined {
    return this.#decode(this.#head === undefined ? bytes : this.#begin(this.#head, bytes))
  }

  #begin (head: Uint8Array, bytes: Uint8Array): Uint8Array {
    const all = Buffer.concat([head, bytes]) // while within the header only
    this.#head = all
    const magic = all.subarray(0, RIFF.length)
    if (!magic.equals(RIFF.subarray(0, magic.length))) return this.#startAt(0)
    const header = parseWavHeader(all)
    if (header.kind === 'bad') throw new Error(`a WAV file with ${header.why}`)
    if (header.kind === 'wait') return new Uint8Array(0)
    this.#sampleRateHz = header.sampleRateHz
    this.#bytesLeft = header.dataBytes
    return this.#startAt(header.dataOffset)
  }

  #startAt (offset: number): Uint8Array {
    const body = this.#head!.subarray(offset)
    this.#head = undefined
    return body
  }

  #decode (bytes: Uint8Array): PcmChunk | undefined {
    const length = Math.min(bytes.length, this.#bytesLeft) // after the data a WAV file may have notes
    this.#bytesLeft -= length
    const carried = this.#hasOddByte ? 1 : 0
    const total = carried + length
    const even = total - (total & 1)
    if (even === 0) {
      if (length > 0) this.#carry(bytes[0]!)
      return undefined
    }
    const samples = new Int16Array(even / 2) // a copy: the bytes may lie at an odd address
    const target = new Uint8Array(samples.buffer)
    if (carried === 1) target.set(this.#oddByte)
    target.set(bytes.subarray(0, even - carried), carried)
    this.#hasOddByte = false
    if (even < total) this.#carry(bytes[length - 1]!)
    return { samples, sampleRateHz: this.#sampleRateHz }
  }

  #carry (byte: number): void {
    this.#oddByte[0] = byte
    this.#hasOddByte = true
  }
}
