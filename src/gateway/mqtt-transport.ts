import type { Config } from '../core/config-schema.js'
import type { DeviceFacts } from '../core/device-directory.js'
import { describeError, type ChorusError } from '../core/errors.js'
import type { Log } from '../core/log.js'
import type { MqttFigures } from '../ring/mqtt-counters.js'
import type { ChannelName, MqttCaller, MqttNews } from '../ring/mqtt-messages.js'
import type { SendResult } from '../session/ports.js'
import { MqttSeat, type MqttFacts } from '../threads/mqtt-seat.js'
import type { Authenticate } from './mqtt-admission.js'
import { RestingDevices } from './resting-devices.js'
import type { Connection, ConnectionEvents, UpgradeAnswer, UpgradeRequest } from './transport.js'

/** Where the framing of MQTT gateways has the timestamp. */
const TIMESTAMP_AT = 8

export interface MqttTransportOptions {
  readonly config: Config
  readonly log: Log
  readonly accept: (request: UpgradeRequest, facts: DeviceFacts | undefined) => UpgradeAnswer
  readonly authenticate: Authenticate
  readonly onLost: (error: ChorusError) => void
}

interface Channel { readonly generation: number, readonly events: ConnectionEvents }

/**
 * Devices on MQTT and UDP, whose wire is in the hands of a worker. To the sessions it is one more
 * MQTT gateway that connects on behalf of devices, and its framing is theirs: a header of the same
 * geometry as the datagrams have, so that frames pass with nothing taken apart here.
 */
export class MqttTransport {
  readonly #options: MqttTransportOptions
  /** Those at the broker, also without a session. */
  readonly devices: RestingDevices
  readonly #seat: MqttSeat
  readonly #channels = new Map<number, Channel>()
  #tid = 0

  constructor (options: MqttTransportOptions) {
    this.#options = options
    this.devices = new RestingDevices({ waitMs: options.config.mqtt.speakWaitMs, tell: (deviceId, text) => { this.#seat.send({ kind: 'tell', deviceId, text }) } })
    this.#seat = new MqttSeat(options, {
      onNews: news => { this.#onNews(news) },
      onUplink: (channel, generation, frame, missing) => {
        const found = this.#find({ channel, generation })
        if (missing > 0) found?.events.onMissing?.(missing)
        found?.events.onBinary(frame)
      }
    })
  }

  /** Ends its session and its connection. */
  disconnect (deviceId: string): void { this.#seat.send({ kind: 'disconnect', deviceId }) }

  get figures (): MqttFigures { return this.#seat.counters.read() }

  /**
   * Opens both ports.
   * @throws CHORUS_PORT_TAKEN, CHORUS_WORKER_LOST, CHORUS_WORKER_SLOW_START
   */
  async listen (): Promise<MqttFacts['ports']> {
    const { ports, tid } = await this.#seat.start()
    this.#tid = tid
    return ports
  }

  /** For `/healthz`. */
  get threads (): readonly { readonly kind: string, readonly tid: number }[] { return [{ kind: 'mqtt', tid: this.#tid }] }

  /** Devices were told goodbye before, each by its session. */
  close (): Promise<void> {
    this.devices.close()
    return this.#seat.stop()
  }

  #onNews (news: MqttNews): void {
    switch (news.kind) {
      case 'authenticate': this.#authenticate(news.id, news.caller); break
      case 'joined': this.devices.joined(news.deviceId, news.facts); break
      case 'left': this.devices.left(news.deviceId); break
      case 'open': this.#open(news); break
      case 'text': this.#find(news)?.events.onText(news.text); break
      case 'closed': this.#onClosed(news); break
    }
  }

  #authenticate (id: number, caller: MqttCaller): void {
    const { authenticate, log } = this.#options
    authenticate(caller).catch((error: unknown) => {
      log.warn('a device could not be authenticated', { device: caller.deviceId, error: describeError(error) })
      return undefined
    }).then(facts => { this.#seat.send({ kind: 'verdict', id, facts }) }, () => {})
  }

  #open ({ channel, generation, deviceId, clientId, address, facts, hello }: Extract<MqttNews, { kind: 'open' }>): void {
    const headers: Readonly<Record<string, string>> = { 'device-id': deviceId, 'client-id': clientId }
    const answer = this.#options.accept({ path: '', query: 'from=mqtt_gateway', address, header: name => headers[name] ?? '' }, facts)
    if (typeof answer === 'number') { this.#seat.send({ kind: 'close', channel, generation }); return }
    const connection = new MqttConnection(this.#seat, { channel, generation }, () => { this.#forget({ channel, generation }) })
    const events = answer(connection)
    this.#channels.set(channel, { generation, events })
    events.onText(hello)
  }

  #onClosed (name: ChannelName): void {
    const found = this.#find(name)
    this.#forget(name)
    found?.events.onClosed()
  }

  #find ({ channel, generation }: ChannelName): Channel | undefined {
    const found = this.#channels.get(channel)
    return found?.generation === generation ? found : undefined
  }

  #forget (name: ChannelName): void {
    if (this.#find(name) !== undefined) this.#channels.delete(name.channel)
  }
}

class MqttConnection implements Connection {
  readonly #seat: MqttSeat
  readonly #name: ChannelName
  readonly #onClose: () => void
  #isClosed = false

  constructor (seat: MqttSeat, name: ChannelName, onClose: () => void) {
    this.#seat = seat
    this.#name = name
    this.#onClose = onClose
  }

  sendText (text: string): SendResult {
    if (this.#isClosed) return 'dropped'
    this.#seat.send({ kind: 'text', ...this.#name, text })
    return 'sent'
  }

  // What finds no room is lost as on the wire: nothing waits for it.
  sendBinary (message: Uint8Array): SendResult {
    if (this.#isClosed) return 'dropped'
    this.#seat.pushFrame(this.#name, message, readUint32(message, TIMESTAMP_AT))
    return 'sent'
  }

  close (_code: number, _reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#seat.send({ kind: 'close', ...this.#name })
    this.#onClose()
  }
}

/** Of the sign that a record's time has; nobody counts with it. */
function readUint32 (message: Uint8Array, at: number): number {
  return (message[at]! << 24) | (message[at + 1]! << 16) | (message[at + 2]! << 8) | message[at + 3]!
}
