import { randomFillSync } from 'node:crypto'

export interface WsFrameEvents {
  onText (text: string): void
  onBinary (data: Buffer): void
  onPing (payload: Buffer): void
  onClose (code: number): void
}

export const OP_TEXT = 1
export const OP_BINARY = 2
export const OP_CLOSE = 8
export const OP_PONG = 10

const OP_CONTINUATION = 0
const OP_PING = 9
const NO_STATUS = 1005
// The firmware refuses to send more in one frame.
export const MAX_SEND_BYTES = 65535

const masks = randomFillSync(Buffer.alloc(4096))
let maskAt = 0

/** One masked frame with FIN set, as a device sends all of its own. */
export function writeFrame (opcode: number, payload: Uint8Array): Buffer {
  if (payload.length > MAX_SEND_BYTES) throw new RangeError(`a device sends at most ${MAX_SEND_BYTES} bytes, not ${payload.length}`)
  const headerBytes = payload.length < 126 ? 2 : 4
  const frame = Buffer.allocUnsafe(headerBytes + 4 + payload.length)
  frame[0] = 0x80 | opcode
  if (headerBytes === 2) frame[1] = 0x80 | payload.length
  else {
    frame[1] = 0x80 | 126
    frame.writeUInt16BE(payload.length, 2)
  }
  if (maskAt === masks.length) {
    randomFillSync(masks)
    maskAt = 0
  }
  masks.copy(frame, headerBytes, maskAt, maskAt + 4)
  const mask = maskAt
  maskAt += 4
  const at = headerBytes + 4
  for (let i = 0; i < payload.length; i++) frame[at + i] = payload[i]! ^ masks[mask + (i & 3)]!
  return frame
}

/** Cuts the byte stream of the server into messages; RSV bits are ignored, as by the firmware. */
export class WsFrameReader {
  readonly #events: WsFrameEvents
  #rest: Buffer = Buffer.alloc(0)
  #fragments: Buffer[] = []
  #fragmentedOpcode = 0

  constructor (events: WsFrameEvents) {
    this.#events = events
  }

  push (chunk: Buffer): void {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    for (;;) {
      const used = this.#readFrame(data, at)
      if (used === 0) break
      at += used
    }
    this.#rest = data.subarray(at)
  }

  /** Returns the bytes used, or 0 when the frame is not yet complete. */
  #readFrame (data: Buffer, at: number): number {
    const available = data.length - at
    if (available < 2) return 0
    const first = data[at]!
    const second = data[at + 1]!
    let length = second & 127
    let headerBytes = 2
    if (length === 126) {
      if (available < 4) return 0
      length = data.readUInt16BE(at + 2)
      headerBytes = 4
    } else if (length === 127) {
      if (available < 10) return 0
      length = Number(data.readBigUInt64BE(at + 2))
      headerBytes = 10
    }
    const maskBytes = (second & 128) === 0 ? 0 : 4
    if (available < headerBytes + maskBytes + length) return 0
    const from = at + headerBytes + maskBytes
    // A copy: the payload outlives this chunk in the decode queue.
    const payload = Buffer.from(data.subarray(from, from + length))
    if (maskBytes === 4) for (let i = 0; i < length; i++) payload[i] = payload[i]! ^ data[from - 4 + (i & 3)]!
    this.#take((first & 128) !== 0, first & 15, payload)
    return headerBytes + maskBytes + length
  }

  #take (isFinal: boolean, opcode: number, payload: Buffer): void {
    if (opcode === OP_CLOSE) this.#events.onClose(payload.length >= 2 ? payload.readUInt16BE(0) : NO_STATUS)
    else if (opcode === OP_PING) this.#events.onPing(payload)
    else if (opcode === OP_PONG) return
    else if (isFinal && opcode !== OP_CONTINUATION) this.#deliver(opcode, payload)
    else {
      if (opcode !== OP_CONTINUATION) this.#fragmentedOpcode = opcode
      this.#fragments.push(payload)
      if (!isFinal) return
      const whole = Buffer.concat(this.#fragments)
      this.#fragments = []
      this.#deliver(this.#fragmentedOpcode, whole)
    }
  }

  #deliver (opcode: number, payload: Buffer): void {
    if (opcode === OP_TEXT) this.#events.onText(payload.toString('utf8'))
    else if (opcode === OP_BINARY) this.#events.onBinary(payload)
  }
}
