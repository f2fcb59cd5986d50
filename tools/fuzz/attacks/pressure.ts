import { exchange, pause, send, type Exchange, type Target } from '../exchange.js'
import { opusPacket } from '../frames.js'
import { connectPacket } from '../mqtt-bytes.js'
import type { Random } from '../random.js'
import { upgradeRequest } from '../web-socket-bytes.js'
import { attackerId, type Attack } from './attack.js'
import { binary, greeted, listenStart, text } from './web-socket.js'

const DRIP_MS = 500
/** Longer than any patience with a request that is not whole. */
const DRIPS = 50
const FLOOD = 1000
const AT_ONCE = 40

/** Slow senders, and too many at once. */
export const pressureAttacks: readonly Attack[] = [
  { kind: 'slowloris, gateway', weight: 1, make: random => drip('slowloris, gateway', 'gateway', '', upgradeRequest({ headers: { 'Device-Id': attackerId(random), 'X-Slow': 'x'.repeat(80) } })) },
  { kind: 'slowloris, web', weight: 1, make: random => drip('slowloris, web', 'web', ...slowPost(random)) },
  { kind: 'slowloris, mqtt', weight: 1, make: () => drip('slowloris, mqtt', 'mqtt', '', connectPacket({ clientId: 'x'.repeat(100) }).toString('latin1')) },
  {
    kind: 'flood of frames',
    weight: 0.3,
    make: random => {
      const frame = opusPacket(random)
      return exchange('flood of frames', 'gateway', [...greeted(random, 1), text(random, listenStart(random)), ...Array.from({ length: FLOOD }, () => binary(random, frame))])
    }
  },
  {
    kind: 'flood of messages',
    weight: 0.3,
    make: random => exchange('flood of messages', 'gateway', [...greeted(random, 1), ...Array.from({ length: FLOOD }, () => text(random, Buffer.from('{"type":"abort"}')))])
  },
  { kind: 'flood of connections', weight: 0.3, make: random => exchange('flood of connections', random.pick(['gateway', 'web', 'mqtt'] as const), [pause(random.pick([10, 1000]))], AT_ONCE) },
  { kind: 'flood of datagrams', weight: 0.3, make: random => exchange('flood of datagrams', 'udp', Array.from({ length: FLOOD }, () => send(random.bytes(100)))) },
  { kind: 'hello and gone', weight: 1, make: random => exchange('hello and gone', 'gateway', [...greeted(random, 1), text(random, listenStart(random)), { do: random.chance(0.5) ? 'reset' : 'hangUp' }], 4) }
]

/** The beginning at once, the rest byte by byte. */
function drip (kind: string, target: Target, beginning: string, rest: string): Exchange {
  const bytes = Buffer.from(rest, 'latin1')
  const steps = Array.from({ length: DRIPS }, (_, at) => [send(bytes.subarray(at, at + 1)), pause(DRIP_MS)])
  return exchange(kind, target, [send(beginning), ...steps.flat()])
}

// What is slow is the header, or the body.
function slowPost (random: Random): [beginning: string, rest: string] {
  const slow = 'x'.repeat(DRIPS)
  return random.chance(0.5) ? ['', `POST /xiaozhi/ota/ HTTP/1.1\r\nX: ${slow}`] : ['POST /xiaozhi/ota/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n', slow]
}
