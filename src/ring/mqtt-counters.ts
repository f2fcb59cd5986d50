const names = [
  // Devices at the broker, and their audio sessions, now.
  'connections', 'sessions',
  'accepted', 'refusedCredentials', 'refusedClientIds', 'refusedBusy', 'brokenConnections', 'oversizePackets', 'floods', 'slowReaders', 'badQos', 'lateConnects', 'refusedSubscriptions',
  'messages', 'badMessages', 'badHellos', 'staleMessages', 'withoutSession', 'mcpDropped',
  'uplinkPackets', 'uplinkMissing', 'uplinkLost', 'downlinkPackets', 'downlinkWithoutPeer', 'downlinkOversize', 'sendErrors',
  'peersLearned', 'peersMoved', 'fromElsewhere',
  'dropShort', 'dropType', 'dropLength', 'dropUnknownId', 'dropOldSequence', 'dropFarSequence', 'dropBadAudio'
] as const

export type MqttCounter = typeof names[number]
export type MqttFigures = Readonly<Record<MqttCounter, number>>

const indexOf = new Map<MqttCounter, number>(names.map((name, index) => [name, index]))

/** What happens on MQTT and UDP, in shared memory: one writer, its worker; whoever asks reads. */
export class MqttCounters {
  readonly memory: SharedArrayBuffer
  readonly #values: Float64Array

  constructor (memory: SharedArrayBuffer = new SharedArrayBuffer(names.length * 8)) {
    this.memory = memory
    this.#values = new Float64Array(memory)
  }

  add (name: MqttCounter, count = 1): void { this.#values[indexOf.get(name)!]! += count }

  read (): MqttFigures {
    return Object.fromEntries(names.map((name, index) => [name, this.#values[index]!])) as MqttFigures
  }
}
