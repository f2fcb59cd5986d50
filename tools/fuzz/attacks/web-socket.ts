import { deviceMessages, hellos } from '../device-messages.js'
import { awaits, exchange, pause, send, type Step } from '../exchange.js'
import { frameDialects, hostileMessage, opusPacket, packMessage, type FrameDialect } from '../frames.js'
import { mutateBytes } from '../mutate-bytes.js'
import { mutateJson, varyJson } from '../mutate-json.js'
import type { Random } from '../random.js'
import { OP_BINARY, OP_CLOSE, OP_CONTINUATION, OP_PING, OP_TEXT, upgradeRequest, webSocketFrame, type FrameFacts } from '../web-socket-bytes.js'
import { attackerId, clientIdOf, type Attack } from './attack.js'

const MAX_TEXT_BYTES = 60_000
const GATEWAY_PATH = '/xiaozhi/v1/?from=mqtt_gateway'
const UPGRADED = '\r\n\r\n'
const HELLO = '"type":"hello"'

/** Attacks on the WebSocket port, from the upgrade to what a session is told. */
export const webSocketAttacks: readonly Attack[] = [
  {
    kind: 'ws upgrade',
    weight: 3,
    make: random => exchange('ws upgrade', 'gateway', [send(mutateBytes(random, Buffer.from(hostileUpgrade(random)), 20_000)), pause(20)])
  },
  {
    kind: 'ws protocol',
    weight: 3,
    make: random => exchange('ws protocol', 'gateway', [...opened(random, 1), ...many(random, 8, () => send(hostileFrame(random)))])
  },
  {
    kind: 'ws frames before hello',
    weight: 2,
    make: random => {
      const dialect = random.pick(frameDialects)
      return exchange('ws frames before hello', 'gateway', [...opened(random, dialect), ...many(random, 10, () => binary(random, hostileMessage(random, dialect)))])
    }
  },
  {
    kind: 'ws frames',
    weight: 5,
    make: random => {
      const dialect = random.pick(frameDialects)
      return exchange('ws frames', 'gateway', [...greeted(random, dialect), text(random, listenStart(random)), ...many(random, 30, () => audio(random, dialect))])
    }
  },
  {
    kind: 'ws messages before hello',
    weight: 2,
    make: random => exchange('ws messages before hello', 'gateway', [...opened(random, 1), ...many(random, 8, () => text(random, hostileText(random)))])
  },
  {
    kind: 'ws messages',
    weight: 6,
    make: random => exchange('ws messages', 'gateway', [...greeted(random, 1), ...many(random, 12, () => text(random, hostileText(random)))])
  },
  {
    kind: 'ws messages, valid',
    weight: 2,
    make: random => exchange('ws messages, valid', 'gateway', [
      ...greeted(random, 1), ...many(random, 10, () => text(random, Buffer.from(varyJson(random, random.pick(deviceMessages)))))
    ])
  }
]

/** A connection of a device up to the server's answer to its upgrade. */
export function opened (random: Random, dialect: FrameDialect): Step[] {
  const deviceId = attackerId(random)
  const version = dialect === 'gateway' ? '1' : String(dialect)
  const headers = { 'Device-Id': deviceId, 'Client-Id': clientIdOf(deviceId), 'Protocol-Version': version }
  return [send(upgradeRequest({ path: dialect === 'gateway' ? GATEWAY_PATH : '/xiaozhi/v1/', headers })), awaits(UPGRADED)]
}

/** The same, after the hello of both. */
export function greeted (random: Random, dialect: FrameDialect): Step[] {
  const hello = { ...hellos.websocket, version: dialect === 'gateway' ? 1 : dialect }
  return [...opened(random, dialect), text(random, Buffer.from(JSON.stringify(hello))), awaits(HELLO)]
}

export function text (random: Random, message: Uint8Array): Step { return send(webSocketFrame(random, message, { opcode: OP_TEXT })) }
export function binary (random: Random, message: Uint8Array): Step { return send(webSocketFrame(random, message, { opcode: OP_BINARY })) }

export function listenStart (random: Random): Buffer {
  return Buffer.from(JSON.stringify({ session_id: '', type: 'listen', state: 'start', mode: random.pick(['auto', 'manual', 'realtime']) }))
}

function audio (random: Random, dialect: FrameDialect): Step {
  if (random.chance(0.05)) return text(random, listenStart(random))
  const isRight = random.chance(0.3)
  return binary(random, isRight ? packMessage(dialect, opusPacket(random), random.below(2 ** 32)) : hostileMessage(random, dialect))
}

function hostileText (random: Random): Buffer { return mutateJson(random, random.pick(deviceMessages), MAX_TEXT_BYTES) }

function hostileFrame (random: Random): Buffer {
  const payload = random.chance(0.5) ? hostileText(random) : random.bytes(random.below(300))
  const facts: FrameFacts = {
    opcode: random.pick([OP_CONTINUATION, OP_TEXT, OP_BINARY, 3, 7, OP_CLOSE, OP_PING, 10, 11, 15]),
    isFinal: random.chance(0.6),
    reserved: random.chance(0.2) ? random.below(8) : 0,
    isMasked: random.chance(0.9),
    ...(random.chance(0.2) ? { length: random.pick([0, 125, 126, 65_535, 65_536, 2 ** 31, 2 ** 32, 2 ** 53 - 1]) } : {})
  }
  const frame = webSocketFrame(random, payload, facts)
  return random.chance(0.2) ? mutateBytes(random, frame, MAX_TEXT_BYTES) : frame
}

function hostileUpgrade (random: Random): string {
  const deviceId = attackerId(random)
  const odd = (): string => random.pick(['', ' ', 'x'.repeat(random.pick([64, 129, 4000, 15_000])), '\u00ff', '%00', '../..', '1e9', '-1', 'Bearer', deviceId])
  const path = random.pick([
    '/', '/xiaozhi/v1', '/xiaozhi/v1/', GATEWAY_PATH, `/xiaozhi/v1/?device-id=${odd()}&client-id=${odd()}`, `/${'/'.repeat(4000)}x`, '/?authorization=%zz&%'
  ])
  const headers = {
    'Device-Id': random.chance(0.6) ? deviceId : odd(),
    'Client-Id': random.chance(0.6) ? clientIdOf(deviceId) : odd(),
    'Protocol-Version': random.chance(0.6) ? '3' : odd(),
    ...(random.chance(0.5) ? { Authorization: random.pick(['Bearer ', '', 'Basic ']) + random.pick([odd(), `${'A'.repeat(43)}.1`, `${'A'.repeat(43)}.99999999999999`]) } : {}),
    ...(random.chance(0.2) ? { 'X-Forwarded-For': random.pick(['::', '1.2.3.4,,', '::ffff:1.2.3.4', '%eth0', ','.repeat(2000)]) } : {}),
    ...(random.chance(0.2) ? { 'Accept-Language': odd() } : {})
  }
  return upgradeRequest({ path, headers })
}

/** One to `most` of them. */
export function many (random: Random, most: number, make: () => Step): Step[] {
  return Array.from({ length: random.between(1, most) }, make)
}
