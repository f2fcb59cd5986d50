import { opusPacketMs } from '../../native-bindings/opus-packet.js'
import { FrameWriter, packetOffset, type FrameDialect } from '../../src/protocol/audio-frame.js'
import { monoPacketMs } from '../../src/protocol/opus-toc.js'
import { openDatagram, sealDatagram } from '../../src/protocol/udp-packet.js'
import { alone, repeated } from './alone.js'
import { consume } from './types.js'

const ROUNDS = 512
const dialects: readonly FrameDialect[] = [1, 2, 3, 'gateway']
/** SILK of 60 ms in four sizes, as firmware sends them. */
const packets = [90, 140, 180, 230].map(length => new Uint8Array(length).fill(7).fill(0x58, 0, 1))

/** What a device of each version sends. */
function makeMessages (): { readonly dialect: FrameDialect, readonly message: Uint8Array }[] {
  return dialects.flatMap(dialect => packets.map(packet => ({ dialect, message: new FrameWriter(dialect).write(packet, 60).slice() })))
}

export const frameIn = alone('message of audio, parsed', () => {
  const messages = makeMessages()
  return repeated(ROUNDS, round => {
    const { dialect, message } = messages[round & 15]!
    const offset = packetOffset(dialect, message)
    return offset + monoPacketMs(message, offset)
  }, consume)
})

export const frameOut = alone('message of audio, written', () => {
  const writers = dialects.map(dialect => new FrameWriter(dialect))
  return repeated(ROUNDS, round => writers[round & 3]!.write(packets[(round >> 2) & 3]!, round * 60).length, consume)
})

export const packetCheck = alone('packet, before native code sees it', () => {
  return repeated(ROUNDS, round => opusPacketMs(packets[round & 3]!, packets[round & 3]!.length), consume)
})

const key = new Uint8Array(16).fill(3)
const numbers = { connectionId: 7, timestamp: 60, sequence: 1 }

export const udpOpen = alone('datagram, decrypted', () => {
  const datagrams = packets.map(packet => sealDatagram(key, numbers, packet))
  return repeated(64, round => openDatagram(key, datagrams[round & 3]!).length, consume)
})

export const udpSeal = alone('datagram, encrypted', () => {
  return repeated(64, round => sealDatagram(key, numbers, packets[round & 3]!).length, consume)
})
