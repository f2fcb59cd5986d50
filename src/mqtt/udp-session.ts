import type { MqttCounter } from '../ring/mqtt-counters.js'
import { monoPacketMs } from '../protocol/opus-toc.js'
import { openDatagram, sealDatagram, sequenceOf, UDP_HEADER_BYTES } from '../protocol/udp-packet.js'

export interface UdpRules {
  /** A sequence further ahead than this is no device's. */
  readonly maxSequenceJump: number
  /** Valid packets in a row from a new address after which the downlink follows. */
  readonly moveAfterPackets: number
}

export interface UdpSink {
  /** @param frame a whole datagram, decrypted; it keeps its memory */
  onFrame (frame: Buffer, missing: number): void
  count (name: MqttCounter, by?: number): void
}

export interface Peer { readonly address: string, readonly port: number }

/** Somebody at a new address who may be the device. */
interface Candidate extends Peer {
  sequence: number
  readonly frames: Buffer[]
}

/**
 * The audio of one session. What comes is checked in the order of its price, and only what passes
 * every check changes anything. Whoever is at another address than the device must bring several
 * valid packets with nothing from the device between them; until then neither the downlink nor the
 * sequence follows, so that no stranger can lead away the one or run ahead with the other.
 */
export class UdpSession {
  readonly connectionId: number
  readonly key: Buffer
  readonly #rules: UdpRules
  readonly #sink: UdpSink
  #peer: Peer | undefined
  #candidate: Candidate | undefined
  #received = 0
  #sent = 0

  constructor (connectionId: number, key: Buffer, rules: UdpRules, sink: UdpSink) {
    this.connectionId = connectionId
    this.key = key
    this.#rules = rules
    this.#sink = sink
  }

  /** Where audio is sent: undefined until the device has sent some. */
  get peer (): Peer | undefined { return this.#peer }

  /** A datagram with this connection id whose header is consistent. */
  receive (datagram: Buffer, { address, port }: Peer): void {
    const peer = this.#peer
    const isElsewhere = peer !== undefined && (peer.port !== port || peer.address !== address)
    const candidate = isElsewhere && this.#candidate?.port === port && this.#candidate.address === address ? this.#candidate : undefined
    const sequence = sequenceOf(datagram)
    const ahead = sequence - (candidate?.sequence ?? this.#received)
    if (ahead <= 0) { this.#sink.count('dropOldSequence'); return }
    if (ahead > this.#rules.maxSequenceJump) { this.#sink.count('dropFarSequence'); return }
    const frame = openDatagram(this.key, datagram)
    if (monoPacketMs(frame, UDP_HEADER_BYTES) === 0) { this.#sink.count('dropBadAudio'); return }
    if (isElsewhere) {
      this.#takeElsewhere(frame, sequence, candidate ?? { address, port, sequence, frames: [] })
      return
    }
    if (peer === undefined) {
      this.#peer = { address, port }
      this.#sink.count('peersLearned')
    }
    this.#candidate = undefined
    this.#accept(frame, sequence)
  }

  /**
   * The next datagram for the device. Sequence and timestamp rise, so that no keystream is used
   * twice. @param packet Opus
   */
  seal (packet: Uint8Array, timestamp: number): Buffer {
    return sealDatagram(this.key, { connectionId: this.connectionId, timestamp, sequence: ++this.#sent }, packet)
  }

  #takeElsewhere (frame: Buffer, sequence: number, candidate: Candidate): void {
    this.#sink.count('fromElsewhere')
    candidate.sequence = sequence
    candidate.frames.push(frame)
    this.#candidate = candidate
    if (candidate.frames.length < this.#rules.moveAfterPackets) return
    this.#candidate = undefined
    this.#peer = { address: candidate.address, port: candidate.port }
    this.#sink.count('peersMoved')
    for (const waiting of candidate.frames) this.#accept(waiting, sequenceOf(waiting))
  }

  #accept (frame: Buffer, sequence: number): void {
    const missing = sequence - this.#received - 1
    this.#received = sequence
    this.#sink.count('uplinkPackets')
    if (missing > 0) this.#sink.count('uplinkMissing', missing)
    this.#sink.onFrame(frame, missing)
  }
}
