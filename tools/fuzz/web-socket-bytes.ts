import type { Random } from './random.js'

export const OP_CONTINUATION = 0
export const OP_TEXT = 1
export const OP_BINARY = 2
export const OP_CLOSE = 8
export const OP_PING = 9

export interface FrameFacts {
  readonly opcode: number
  /** By default the last of its message. */
  readonly isFinal?: boolean
  readonly reserved?: number
  readonly isMasked?: boolean
  /** What the header says, if not the truth. */
  readonly length?: number
}

/** A WebSocket frame, right or wrong (RFC 6455, 5.2). */
export function webSocketFrame (random: Random, payload: Uint8Array, facts: FrameFacts): Buffer {
  const { opcode, isFinal = true, reserved = 0, isMasked = true, length = payload.length } = facts
  const first = (isFinal ? 0x80 : 0) | reserved << 4 | opcode
  const maskBit = isMasked ? 0x80 : 0
  const header = length < 126
    ? Buffer.of(first, maskBit | length)
    : length < 0x1_0000
      ? Buffer.of(first, maskBit | 126, length >> 8, length & 255)
      : Buffer.concat([Buffer.of(first, maskBit | 127), bigEndian(length)])
  if (!isMasked) return Buffer.concat([header, payload])
  const mask = random.bytes(4)
  const masked = Buffer.from(payload)
  for (let at = 0; at < masked.length; at++) masked[at] = masked[at]! ^ mask[at & 3]!
  return Buffer.concat([header, mask, masked])
}

export interface UpgradeFacts { readonly path?: string, readonly headers: Readonly<Record<string, string>> }

/** What a device writes first on a new connection. */
export function upgradeRequest ({ path = '/xiaozhi/v1/', headers }: UpgradeFacts): string {
  const all = { Host: '127.0.0.1', ...headers, Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'ZnV6emluZyBpcyBmdW4hIQ==' }
  return `GET ${path} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

function bigEndian (length: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(length))
  return bytes
}
