import { deviceMessages, hellos } from '../device-messages.js'
import { awaits, exchange, pause, send, type Step } from '../exchange.js'
import { opusPacket } from '../frames.js'
import { mutateBytes } from '../mutate-bytes.js'
import { mutateJson, varyJson } from '../mutate-json.js'
import { connectPacket, disconnectPacket, packet, pingPacket, publishPacket, subscribePacket, unsubscribePacket } from '../mqtt-bytes.js'
import type { Random } from '../random.js'
import { attackerId, clientIdOf, type Attack } from './attack.js'
import { many } from './web-socket.js'

const TOPIC = 'device-server'
const CONNACK = '\u0020\u0002'
const MAX_MESSAGE_BYTES = 7500
const MAX_PACKET_BYTES = 20_000
const ANSWER_MS = 50

/** Attacks on the broker and on the UDP port. */
export const mqttAttacks: readonly Attack[] = [
  { kind: 'mqtt bytes', weight: 2, make: random => exchange('mqtt bytes', 'mqtt', [send(random.bytes(random.between(1, 500))), pause(ANSWER_MS)]) },
  { kind: 'mqtt connect', weight: 3, make: random => exchange('mqtt connect', 'mqtt', [send(hostileConnect(random)), pause(ANSWER_MS)]) },
  {
    kind: 'mqtt packets',
    weight: 4,
    make: random => exchange('mqtt packets', 'mqtt', [...connected(random), ...many(random, 10, () => send(hostilePacket(random))), pause(ANSWER_MS)])
  },
  {
    kind: 'mqtt messages',
    weight: 4,
    make: random => exchange('mqtt messages', 'mqtt', [
      ...(random.chance(0.8) ? inSession(random) : connected(random)),
      ...many(random, 12, () => send(publishPacket(TOPIC, hostileText(random)))),
      pause(ANSWER_MS)
    ])
  },
  {
    kind: 'udp datagrams',
    weight: 3,
    make: random => exchange('udp datagrams', 'udp', many(random, 20, () => send(random.chance(0.5) ? random.bytes(random.below(1400)) : mutateBytes(random, datagram(random, 1), 1400))))
  },
  {
    kind: 'udp session',
    weight: 5,
    make: random => {
      const listen = send(publishPacket(TOPIC, Buffer.from(JSON.stringify({ type: 'listen', state: 'start', mode: 'auto' }))))
      const count = random.between(1, 40)
      const audio = Array.from({ length: count }, (_, at) => hostileDatagram(random, at + 1))
      return exchange('udp session', 'mqtt', [...inSession(random), listen, ...audio, pause(ANSWER_MS)])
    }
  }
]

function mqttClientId (random: Random): string {
  const deviceId = attackerId(random)
  return `GID_fuzz@@@${deviceId.replaceAll(':', '_')}@@@${clientIdOf(deviceId)}`
}

function connected (random: Random): Step[] {
  return [send(connectPacket({ clientId: mqttClientId(random), username: 'e30=', password: '' })), awaits(CONNACK)]
}

/** With an audio session, whose key the player reads from the answer. */
export function inSession (random: Random): Step[] {
  return [...connected(random), send(publishPacket(TOPIC, Buffer.from(JSON.stringify(hellos.mqtt)))), awaits('"nonce":"')]
}

function hostileConnect (random: Random): Buffer {
  const odd = (): string => random.pick(['', '\0', '@@@', 'x'.repeat(random.pick([30, 300, 5000])), '+/#', '$SYS/#', '{"ip":"::"}'])
  const facts = {
    clientId: random.chance(0.5) ? mqttClientId(random) : random.pick([odd(), `${odd()}@@@${odd()}@@@${odd()}`]),
    keepAliveS: random.pick([0, 1, 240, 65_535]),
    ...(random.chance(0.6) ? { username: odd() } : {}),
    ...(random.chance(0.6) ? { password: odd() } : {}),
    ...(random.chance(0.3) ? { will: { topic: odd(), payload: odd() } } : {})
  }
  const bytes = connectPacket(facts)
  return random.chance(0.5) ? bytes : mutateBytes(random, bytes, MAX_PACKET_BYTES)
}

function hostilePacket (random: Random): Buffer {
  const topic = random.pick([TOPIC, '', '#', '+', '$SYS/heap', 'devices/p2p/02_fa_00_00_00_01', 'devices/#', '\0', 'x'.repeat(3000)])
  const bytes = random.pick([
    () => publishPacket(topic, hostileText(random), { qos: random.below(4), retain: random.chance(0.3), id: random.below(65_536) }),
    () => subscribePacket(Array.from({ length: random.below(20) }, () => topic), random.below(65_536)),
    () => unsubscribePacket([topic]),
    () => pingPacket,
    () => disconnectPacket,
    () => packet(random.below(256), random.bytes(random.below(100))),
    () => packet(0x30, random.bytes(20), random.pick([0, 127, 128, 16_383, 2_097_152, 268_435_455])),
    () => connectPacket({ clientId: mqttClientId(random) }),
    () => Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 0xff)
  ])()
  return random.chance(0.5) ? bytes : mutateBytes(random, bytes, MAX_PACKET_BYTES)
}

function hostileText (random: Random): Buffer {
  const message = random.pick([...deviceMessages, hellos.mqtt])
  if (random.chance(0.2)) return Buffer.from(varyJson(random, message)).subarray(0, MAX_MESSAGE_BYTES)
  return mutateJson(random, message, MAX_MESSAGE_BYTES)
}

// The player puts the connection id of its own session into what is sealed.
function hostileDatagram (random: Random, sequence: number): Step {
  const bytes = datagram(random, random.chance(0.8) ? sequence : random.pick([0, 1, sequence + 900, sequence + 5000, 2 ** 32 - 1]))
  const sealed = random.chance(0.9)
  return { do: 'datagram', sealed, bytes: random.chance(0.5) ? bytes : mutateBytes(random, bytes, 1400) }
}

function datagram (random: Random, sequence: number): Buffer {
  const packet = random.chance(0.7) ? opusPacket(random) : random.bytes(random.below(1300))
  const header = Buffer.alloc(16)
  header[0] = 1
  header.writeUInt16BE(packet.length, 2)
  header.writeUInt32BE(random.below(2 ** 32), 4)
  header.writeUInt32BE(60 * (sequence % 65_536), 8)
  header.writeUInt32BE(sequence, 12)
  return Buffer.concat([header, packet])
}
