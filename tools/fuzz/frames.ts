import { packFrame } from '../simulator/frame-codec.js'
import { mutateBytes } from './mutate-bytes.js'
import type { Random } from './random.js'

export type FrameDialect = 1 | 2 | 3 | 'gateway'
export const frameDialects: readonly FrameDialect[] = [1, 2, 3, 'gateway']

// Beginnings of packets that libopus takes: of each coder, one, two and many frames, and DTX.
const HEADS = [
  [0x58], [0xf8, 0xff, 0xfe], [0x58, 0x0b, 0xe4], [0x59, 1, 2, 3, 4], [0x5a, 2, 1, 2, 3], [0x5b, 0x83, 2, 2, 1], [0x78, 9], [0xfb, 0x30]
]
const MAX_MESSAGE_BYTES = 5000

/** What could pass for an Opus packet; its content is noise. */
export function opusPacket (random: Random): Buffer {
  return Buffer.concat([Buffer.from(random.pick(HEADS)), random.bytes(random.below(120))])
}

/** A message that is right in its dialect, around any packet. */
export function packMessage (dialect: FrameDialect, packet: Buffer, timestamp: number): Buffer {
  if (dialect !== 'gateway') return packFrame(dialect, packet, timestamp)
  const message = Buffer.concat([Buffer.alloc(16), packet])
  message[0] = 1
  message.writeUInt16BE(packet.length, 2)
  message.writeUInt32BE(timestamp >>> 0, 8)
  message.writeUInt32BE(packet.length, 12)
  return message
}

/** A binary message of some dialect, mostly with something wrong. */
export function hostileMessage (random: Random, dialect: FrameDialect): Buffer {
  const own = random.chance(0.8) ? dialect : random.pick(frameDialects)
  const message = packMessage(own, opusPacket(random), random.below(2 ** 32))
  return random.chance(0.2) ? message : mutateBytes(random, message, MAX_MESSAGE_BYTES)
}
