import { createCipheriv } from 'node:crypto'

// A datagram of audio; numbers are big-endian:
//
//   0        1        2                 4                                  8
//   +--------+--------+-----------------+----------------------------------+
//   | 1      | 0      | payload length  | connection id                    |
//   +--------+--------+-----------------+----------------------------------+
//   8                                  12                                 16
//   +-----------------------------------+----------------------------------+
//   | timestamp                         | sequence                         |
//   +-----------------------------------+----------------------------------+
//   16   one Opus packet, AES-128-CTR with these 16 bytes as its first counter
//
// The device makes its headers from the nonce of the hello, into which it writes length, timestamp
// and sequence. There is no authentication tag: who can read the wire can also forge it.

export const UDP_HEADER_BYTES = 16
export const UDP_KEY_BYTES = 16
/** A device receives into 1500 bytes. */
export const MAX_DOWNLINK_PAYLOAD_BYTES = 1484
const AUDIO_TYPE = 1

/** Why a datagram is not even looked up. */
export type DatagramFault = 'short' | 'type' | 'length'

/** @param maxPayloadBytes longer ones are refused as if their length were wrong */
export function datagramFault (datagram: Buffer, maxPayloadBytes: number): DatagramFault | undefined {
  if (datagram.length < UDP_HEADER_BYTES) return 'short'
  if (datagram[0] !== AUDIO_TYPE || datagram[1] !== 0) return 'type'
  const payloadBytes = datagram.length - UDP_HEADER_BYTES
  const isRight = datagram.readUInt16BE(2) === payloadBytes && payloadBytes > 0 && payloadBytes <= maxPayloadBytes
  return isRight ? undefined : 'length'
}

export function connectionIdOf (datagram: Buffer): number { return datagram.readUInt32BE(4) }
export function sequenceOf (datagram: Buffer): number { return datagram.readUInt32BE(12) }

/** What the device is given in its hello. */
export function makeNonce (connectionId: number): Buffer {
  const nonce = Buffer.alloc(UDP_HEADER_BYTES)
  nonce[0] = AUDIO_TYPE
  nonce.writeUInt32BE(connectionId, 4)
  return nonce
}

/** The datagram with its payload decrypted, in memory of its own. */
export function openDatagram (key: Uint8Array, datagram: Buffer): Buffer {
  const opened = Buffer.allocUnsafe(datagram.length)
  datagram.copy(opened, 0, 0, UDP_HEADER_BYTES)
  applyKeystream(key, opened, datagram.subarray(UDP_HEADER_BYTES))
  return opened
}

export interface DatagramNumbers { readonly connectionId: number, readonly timestamp: number, readonly sequence: number }

/** A datagram around `packet`, in memory of its own: the kernel may take it later. */
export function sealDatagram (key: Uint8Array, numbers: DatagramNumbers, packet: Uint8Array): Buffer {
  const datagram = Buffer.allocUnsafe(UDP_HEADER_BYTES + packet.length)
  datagram[0] = AUDIO_TYPE
  datagram[1] = 0
  datagram.writeUInt16BE(packet.length, 2)
  datagram.writeUInt32BE(numbers.connectionId, 4)
  datagram.writeUInt32BE(numbers.timestamp >>> 0, 8)
  datagram.writeUInt32BE(numbers.sequence, 12)
  applyKeystream(key, datagram, packet)
  return datagram
}

function applyKeystream (key: Uint8Array, message: Buffer, payload: Uint8Array): void {
  const cipher = createCipheriv('aes-128-ctr', key, message.subarray(0, UDP_HEADER_BYTES))
  cipher.update(payload).copy(message, UDP_HEADER_BYTES)
}
