import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Config } from '../core/config-schema.js'
import { ChorusError, type ErrorRecord } from '../core/errors.js'
import type { Log } from '../core/log.js'
import { ByteRing, ringBytes } from '../ring/byte-ring.js'
import { LoopBell } from '../ring/doorbell.js'
import { DOWNLINK_FRAME, MAX_PAYLOAD_BYTES } from '../ring/layout.js'
import { MqttCounters } from '../ring/mqtt-counters.js'
import type { ChannelName, MqttNews, MqttOrder, MqttStart } from '../ring/mqtt-messages.js'
import { RecordHeader } from '../ring/record-header.js'
import { ResidentPool } from './resident-pool.js'
import { WorkerLine } from './worker-line.js'

/** Each way; a second of a thousand devices that all talk. */
const RING_BYTES = 7 << 20

/** Of both ways, as memory that is counted at the start. */
export const MQTT_RING_BYTES = 2 * ringBytes(RING_BYTES)

const WORKER_FILE = new URL('../../workers/mqtt-worker.js', import.meta.url)

export interface MqttSeatSink {
  onNews (news: MqttNews): void
  /** @param frame valid during the call only */
  onUplink (channel: number, generation: number, frame: Uint8Array, missing: number): void
}

export interface MqttFacts {
  readonly ports: { readonly mqtt: number, readonly udp: number }
  /** Under which the kernel counts the processor time of the thread. */
  readonly tid: number
}

export interface MqttSeatOptions {
  readonly config: Config
  readonly log: Log
  readonly onLost: (error: ChorusError) => void
}

/** The one MQTT worker, and the gateway's ways to it. */
export class MqttSeat {
  readonly counters = new MqttCounters()
  readonly #pool: ResidentPool
  readonly #options: MqttSeatOptions
  readonly #sink: MqttSeatSink
  readonly #uplink = new RecordHeader()
  readonly #downlink = new RecordHeader()
  readonly #payload = new Int32Array(MAX_PAYLOAD_BYTES / 4)
  readonly #bytes = new Uint8Array(this.#payload.buffer)
  #channels: MessagePort | undefined
  #line: WorkerLine | undefined
  #close = (): void => {}

  constructor (options: MqttSeatOptions, sink: MqttSeatSink) {
    const { log, onLost } = options
    this.#options = options
    this.#sink = sink
    this.#pool = new ResidentPool({ name: 'mqtt', file: WORKER_FILE, workers: 1, log, onLost })
  }

  /**
   * Opens both ports, in the worker.
   * @throws CHORUS_PORT_TAKEN, CHORUS_WORKER_LOST, CHORUS_WORKER_SLOW_START
   */
  async start (): Promise<MqttFacts> {
    const { link, news, close } = this.#pool.link(RING_BYTES, RING_BYTES, ring => this.#takeUplink(ring))
    const channels = new MessageChannel()
    const bellPorts = new MessageChannel()
    const bell = new SharedArrayBuffer(64)
    this.#channels = channels.port1
    this.#line = new WorkerLine(new ByteRing(link.fromGateway), new LoopBell(bell, bellPorts.port1))
    this.#close = () => { close(); channels.port1.close(); bellPorts.port1.close() }
    channels.port1.on('message', (message: MqttNews) => { this.#sink.onNews(message) })
    const task: MqttStart = {
      ...link,
      config: this.#options.config,
      stopFlag: this.#pool.stopFlag,
      bell,
      bellPort: bellPorts.port2,
      channels: channels.port2,
      counters: this.counters.memory
    }
    const { facts } = await this.#pool.start(task, [link.control, link.gatewayBellPort, task.bellPort, task.channels], news)
    const { mqttPort, udpPort, error, tid } = facts
    if (error !== undefined) {
      await this.stop()
      const { code, args } = JSON.parse(String(error)) as ErrorRecord
      throw new ChorusError(code, args)
    }
    return { ports: { mqtt: Number(mqttPort), udp: Number(udpPort) }, tid: Number(tid) }
  }

  send (order: MqttOrder): void { this.#channels?.postMessage(order) }

  /** @returns false when there is no room, and then the frame is lost */
  pushFrame ({ channel, generation }: ChannelName, frame: Uint8Array, timestamp: number): boolean {
    this.#downlink.set(DOWNLINK_FRAME, channel, generation, 0)
    this.#downlink.time = timestamp
    return this.#line?.pushFrame(this.#downlink, frame) ?? false
  }

  /** What was sent before is still obeyed. */
  async stop (): Promise<void> {
    await this.#pool.stop(() => { this.send({ kind: 'stop' }) })
    this.#line?.close()
    this.#close()
  }

  #takeUplink (ring: ByteRing): boolean {
    const length = ring.pop(this.#uplink, this.#payload)
    if (length < 0) return false
    const { slot, generation, sequence } = this.#uplink
    this.#sink.onUplink(slot, generation, this.#bytes.subarray(0, length), sequence)
    return true
  }
}
