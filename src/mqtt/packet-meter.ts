/** Control byte of a CONNECT packet, which comes first. */
const CONNECT = 0x10
const PUBLISH_TYPE = 3
const QOS_BITS = 6
/** The rate is an average over this time, so that a burst of some packets is no flood. */
const RATE_SECONDS = 4

export type PacketFault = 'oversizePackets' | 'floods' | 'badQos' | 'brokenConnections'

/**
 * Looks at the lengths of MQTT packets before anybody keeps their bytes: a broker would collect up
 * to 256 MB of what claims to be one packet.
 */
export class PacketMeter {
  readonly #maxBytes: number
  readonly #perS: number
  readonly #now: () => number
  #isFirst = true
  /** Bytes of the present packet that are still to come. */
  #rest = 0
  /** Within a length, which has up to four bytes: what it says so far, and how many came. */
  #length = 0
  #lengthBytes = -1
  #credit: number
  #creditedAt: number

  constructor (maxBytes: number, packetsPerS: number, now: () => number = () => performance.now()) {
    this.#maxBytes = maxBytes
    this.#perS = packetsPerS
    this.#now = now
    this.#credit = packetsPerS * RATE_SECONDS
    this.#creditedAt = now()
  }

  /** @returns what is wrong, if anything: then nothing of the chunk may be used */
  take (chunk: Uint8Array): PacketFault | undefined {
    let at = 0
    while (at < chunk.length) {
      if (this.#rest > 0) {
        const bytes = Math.min(this.#rest, chunk.length - at)
        this.#rest -= bytes
        at += bytes
        continue
      }
      const byte = chunk[at++]!
      const fault = this.#lengthBytes < 0 ? this.#begin(byte) : this.#takeLength(byte)
      if (fault !== undefined) return fault
    }
    return undefined
  }

  #begin (control: number): PacketFault | undefined {
    if (this.#isFirst && control !== CONNECT) return 'brokenConnections'
    this.#isFirst = false
    if (control >> 4 === PUBLISH_TYPE && (control & QOS_BITS) !== 0) return 'badQos' // there is no session to keep it in
    this.#length = 0
    this.#lengthBytes = 0
    const now = this.#now()
    this.#credit = Math.min(this.#perS * RATE_SECONDS, this.#credit + (now - this.#creditedAt) / 1000 * this.#perS)
    this.#creditedAt = now
    return --this.#credit < 0 ? 'floods' : undefined
  }

  #takeLength (byte: number): PacketFault | undefined {
    this.#length += (byte & 127) * 128 ** this.#lengthBytes++
    if (this.#length > this.#maxBytes) return 'oversizePackets'
    if ((byte & 128) !== 0) return this.#lengthBytes === 4 ? 'brokenConnections' : undefined
    this.#rest = this.#length
    this.#lengthBytes = -1
    return undefined
  }
}
