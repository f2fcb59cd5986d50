import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { MAX_PAYLOAD_BYTES, UPLINK_FRAME } from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { consume, type MicroCase } from './types.js'

const FRAMES = 1024
const packet = new Uint8Array(160).fill(7)

/** What the hand-off costs where no thread waits for another. */
export const ringOneThread: MicroCase = {
  unit: 'push and pop of 160 bytes',
  ours: 'ring',
  alternative: 'postMessage',
  variants: {
    postMessage: () => {
      const { port1, port2 } = new MessageChannel()
      return {
        operations: FRAMES,
        run: () => {
          for (let frame = 0; frame < FRAMES; frame++) {
            port1.postMessage(packet)
            consume((receiveMessageOnPort(port2)!.message as Uint8Array).length)
          }
        },
        close: () => { port1.close() }
      }
    },
    ring: () => {
      const ring = new ByteRing(createRingMemory(64 * 1024))
      const header = new RecordHeader()
      const payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
      return {
        operations: FRAMES,
        run: () => {
          for (let frame = 0; frame < FRAMES; frame++) {
            header.set(UPLINK_FRAME, frame & 255, 1, 1)
            ring.push(header, packet, packet.length)
            consume(ring.pop(header, payload))
          }
        }
      }
    }
  }
}
