import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import mqtt, { type MqttClient } from 'mqtt'
import { signMqttPassword } from '../../src/protocol/mqtt-credentials.js'
import { sealDatagram } from '../../src/protocol/udp-packet.js'
import { answerTo } from './attackers.js'
import type { Attack } from './attack.js'
import { MQTT_KEY, OPERATOR_SECRET, type Siege } from './siege.js'

const USER = 'u'
const SILENCE = Buffer.of(0x58, 0xff, 0xfe) // one Opus packet of 60 ms
const HELLO = '{"type":"hello","version":3,"transport":"udp","audio_params":{"format":"opus","sample_rate":16000,"channels":1,"frame_duration":60}}'
const GUESSES = 50

const idOf = (number: number): string => `GID_x@@@02_00_00_00_03_0${number}@@@u`
const passwordOf = (clientId: string): string => signMqttPassword(MQTT_KEY, clientId, USER)

async function connect (siege: Siege, clientId: string, password = passwordOf(clientId)): Promise<MqttClient> {
  const options = { protocolVersion: 4, reconnectPeriod: 0, clientId, username: USER, password } as const
  const client = await mqtt.connectAsync(siege.server.mqttUrl, options, false)
  siege.after(() => { client.end(true) })
  return client
}

function openUdp (siege: Siege): UdpSocket {
  const socket = createSocket('udp4')
  siege.after(() => { socket.close() })
  return socket
}

async function endOf (siege: Siege, number: number, act: (client: MqttClient) => void): Promise<void> {
  const client = await connect(siege, idOf(number))
  client.on('error', () => {})
  const closed = new Promise<void>(resolve => { client.once('close', resolve) })
  act(client)
  await closed
}

/** A device that has an audio session, whose datagrams an attacker has recorded. */
class Victim {
  readonly recorded: Buffer[] = []
  /** Datagrams that it was sent. */
  heard = 0
  readonly #port: number
  readonly #socket: UdpSocket
  readonly #key: Buffer
  readonly #connectionId: number

  static async open (siege: Siege, number: number): Promise<Victim> {
    const client = await connect(siege, idOf(number))
    const answered = new Promise<Buffer>(resolve => { client.once('message', (_topic, payload) => { resolve(payload) }) })
    client.publish('device-server', HELLO)
    const { udp } = JSON.parse((await answered).toString()) as { readonly udp: { readonly key: string, readonly nonce: string } }
    return new Victim(siege.server.udpPort, openUdp(siege), Buffer.from(udp.key, 'hex'), Buffer.from(udp.nonce, 'hex').readUInt32BE(4))
  }

  constructor (port: number, socket: UdpSocket, key: Buffer, connectionId: number) {
    this.#port = port
    this.#socket = socket
    this.#key = key
    this.#connectionId = connectionId
    this.#socket.on('message', () => { this.heard++ })
  }

  get connectionId (): number { return this.#connectionId }

  /** One packet of audio, with the next number. */
  async talk (): Promise<void> {
    const numbers = { connectionId: this.#connectionId, timestamp: 0, sequence: this.recorded.length + 1 }
    const datagram = sealDatagram(this.#key, numbers, SILENCE)
    this.recorded.push(datagram)
    await send(this.#socket, this.#port, datagram)
  }
}

function send (socket: UdpSocket, port: number, datagram: Buffer): Promise<void> {
  return new Promise(resolve => { socket.send(datagram, port, '127.0.0.1', () => { resolve() }) })
}

/** A datagram whose header is as it should be, of somebody who has not the key. */
function forged (connectionId: number, sequence: number): Buffer {
  return sealDatagram(randomBytes(16), { connectionId, timestamp: 0, sequence }, randomBytes(40))
}

export const mqttAttacks: readonly Attack[] = [
  {
    name: 'the broker refuses wrong passwords, the client id of another device, and what is no client id',
    run: siege => siege.counts({ 'mqtt.refusedCredentials': 4, 'mqtt.refusedClientIds': 2 }, async () => {
      await assert.rejects(connect(siege, idOf(1), 'wrong'))
      await assert.rejects(connect(siege, idOf(1), ''))
      await assert.rejects(connect(siege, idOf(1), signMqttPassword('guess', idOf(1), USER)))
      await assert.rejects(connect(siege, idOf(2), passwordOf(idOf(1))), 'the password of one device is none of another')
      await assert.rejects(connect(siege, 'nobody'))
      await assert.rejects(connect(siege, 'GID_x@@@02_00_00_00_03_0#@@@u'))
    })
  },
  {
    name: 'nobody subscribes to what is not for it',
    run: async siege => {
      const client = await connect(siege, idOf(3))
      const topics = ['#', '+/p2p/+', '$SYS/#', 'device-server', 'device-server/+', 'devices/p2p/#', 'devices/p2p/02_00_00_00_00_03']
      await siege.counts({ 'mqtt.refusedSubscriptions': topics.length }, async () => {
        for (const topic of topics) await assert.rejects(client.subscribeAsync(topic), Error, topic)
      })
    }
  },
  {
    name: 'packets that are too long, too many or of another QoS, and what is no MQTT, end their connection (T158)',
    run: siege => siege.counts({ 'mqtt.oversizePackets': 2, 'mqtt.floods': 1, 'mqtt.badQos': 1, 'mqtt.brokenConnections': 2 }, async () => {
      await endOf(siege, 4, client => { client.publish('device-server', 'x'.repeat(8192)) })
      await answerTo(siege.mqttPort, Buffer.of(0x10, 0xff, 0xff, 0xff, 0x7f)) // 256 MB of CONNECT
      await endOf(siege, 5, client => { for (let packet = 0; packet < 1000; packet++) client.publish('device-server', '{}') })
      await endOf(siege, 6, client => { client.publish('device-server', '{}', { qos: 1 }) })
      await answerTo(siege.mqttPort, 'GET / HTTP/1.1\r\n\r\n')
      await answerTo(siege.mqttPort, Buffer.from('\x16\x03\x01\x02\0\x01', 'latin1'))
    })
  },
  {
    name: 'datagrams that are replayed are dropped, wherever they come from',
    run: async siege => {
      const victim = await Victim.open(siege, 7)
      const attacker = openUdp(siege)
      for (let packet = 0; packet < 10; packet++) await victim.talk()
      await siege.counts({ 'mqtt.dropOldSequence': 20, 'mqtt.peersMoved': 0, 'mqtt.fromElsewhere': 0 }, async () => {
        for (let round = 0; round < 2; round++) for (const datagram of victim.recorded) await send(attacker, siege.server.udpPort, datagram)
      })
    }
  },
  {
    name: 'who does not see the wire guesses connection ids in vain, and what is no datagram is dropped',
    run: async siege => {
      const attacker = openUdp(siege)
      const { udpPort } = siege.server
      const lie = forged(1, 1)
      lie.writeUInt16BE(9, 2)
      await siege.counts({ 'mqtt.dropUnknownId': GUESSES, 'mqtt.dropShort': GUESSES, 'mqtt.dropType': GUESSES, 'mqtt.dropLength': 2 * GUESSES }, async () => {
        for (let guess = 0; guess < GUESSES; guess++) {
          await send(attacker, udpPort, forged(randomBytes(4).readUInt32BE(), guess))
          await send(attacker, udpPort, Buffer.alloc(guess % 16))
          await send(attacker, udpPort, Buffer.alloc(60, 0xff))
          await send(attacker, udpPort, lie)
          await send(attacker, udpPort, sealDatagram(randomBytes(16), { connectionId: 1, timestamp: 0, sequence: 1 }, Buffer.alloc(50_000)))
        }
      })
    }
  },
  {
    name: 'with a connection id alone nobody leads the audio away from its device, nor runs ahead of it',
    run: async siege => {
      const victim = await Victim.open(siege, 8)
      const attacker = openUdp(siege)
      let stolen = 0
      attacker.on('message', () => { stolen++ })
      await victim.talk()
      const before = await siege.server.health() as unknown as { readonly mqtt: Readonly<Record<string, number>> }
      await siege.counts({ 'mqtt.dropFarSequence': GUESSES, 'mqtt.peersMoved': 0 }, async () => {
        for (let guess = 0; guess < GUESSES; guess++) {
          await send(attacker, siege.server.udpPort, forged(victim.connectionId, 0x80000000 + guess))
          await send(attacker, siege.server.udpPort, forged(victim.connectionId, victim.recorded.length + 2)) // its own next one
          await victim.talk()
        }
      })
      const after = await siege.server.health() as unknown as { readonly mqtt: Readonly<Record<string, number>> }
      const guessed = ['dropBadAudio', 'fromElsewhere'].reduce((sum, name) => sum + after.mqtt[name]! - before.mqtt[name]!, 0)
      assert.equal(guessed, GUESSES, 'each is no audio, or waits for two more')
      const spoken = await fetch(`${siege.server.httpUrl}/operator/devices/02:00:00:00:03:08`, {
        method: 'POST', headers: { Authorization: `Bearer ${OPERATOR_SECRET}` }, body: '{"kind":"speak","text":"Who is there?"}'
      })
      assert.deepEqual(await spoken.json(), { receipt: 'spoken' })
      assert.ok(victim.heard > 0)
      assert.equal(stolen, 0)
    }
  }
]
