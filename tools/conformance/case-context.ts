import { randomBytes, randomUUID } from 'node:crypto'

import { fetchOta, type OtaAnswer, type OtaOptions } from '../simulator/fetch-ota.js'
import type { JsonObject } from '../simulator/types.js'
import type { DeviceLink } from './device-link.js'
import { DeviceMqtt, readMqttSettings } from './device-mqtt.js'
import { DeviceSocket } from './device-socket.js'
import { McpDevice, type McpOptions } from './mcp-device.js'
import type { ScriptedModel } from './scripted-model.js'
import type { ServerKind, Target } from './target.js'
import { expectTurn, type Turn } from './turn.js'
import type { Dialect, ServerTimers } from './types.js'
import { NotApplicable, Unmet } from './verdicts.js'

export interface Identity { readonly deviceId: string, readonly clientId: string }

export interface OpenOptions {
  readonly identity?: Identity
  /** The hello in whole; `undefined` for that of the dialect. */
  readonly hello?: JsonObject
  readonly features?: JsonObject
  readonly headers?: Readonly<Record<string, string>>
  readonly pongs?: boolean
  readonly version?: string
  readonly url?: string
}

const HELLO_MS = 10_000
const audioParams = { format: 'opus', sample_rate: 16000, channels: 1, frame_duration: 60 }

/** What one case has to do with: its own devices, which end with it. */
export class CaseContext {
  readonly target: Target
  readonly dialect: Dialect
  readonly signal: AbortSignal
  #links: DeviceLink[] = []

  constructor (target: Target, dialect: Dialect, signal: AbortSignal) {
    this.target = target
    this.dialect = dialect
    this.signal = signal
  }

  /** A limit that is recommended, not required by firmware. */
  rec (ms: number): number { return ms + this.target.toleranceMs }
  get timers (): ServerTimers { return this.target.timers }

  /** @throws NotApplicable */
  get otaUrl (): string {
    if (this.target.otaUrl === undefined) throw new NotApplicable('no OTA address is known: give one with --ota-url')
    return this.target.otaUrl
  }

  /** What to throw where the server does not have the feature at all. */
  missing (what: string): Error { return this.target.isWhole ? new Unmet(what) : new NotApplicable(what) }

  /** @throws NotApplicable */
  get model (): ScriptedModel {
    if (this.target.model === undefined) throw new NotApplicable('the server does not ask the scripted language model of the suite')
    return this.target.model
  }

  /**
   * @param code what the device shows, where it is to be approved
   * @throws NotApplicable
   */
  async operate (order: string, deviceId: string, code?: string): Promise<string> {
    if (this.target.operator === undefined) throw new NotApplicable(`needs an operator who can "${order}": give one with --operator`)
    return await this.target.operator(order, deviceId, code)
  }

  /** The same against a server that is set otherwise; where none can be started: this one. */
  async at (kind: ServerKind): Promise<CaseContext> {
    const target = await this.target.other?.(kind)
    return target === undefined ? this : this.#sharing(target, this.dialect)
  }

  newIdentity (): Identity {
    const bytes = randomBytes(6)
    bytes[0] = (bytes[0]! & 0xfc) | 0x02 // administered locally, for one device
    return { deviceId: [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join(':'), clientId: randomUUID() }
  }

  /** As a device does at boot. */
  register (identity: Identity, options: Partial<OtaOptions> = {}): Promise<OtaAnswer> {
    return fetchOta(this.otaUrl, { ...identity, ...options })
  }

  /** As a device that is to use MQTT. */
  async registerForMqtt (identity: Identity): Promise<OtaAnswer> { return await (await this.at('mqtt')).register(identity) }

  /** The same with another dialect; its devices end with this one's. */
  as (dialect: Dialect): CaseContext {
    return dialect === this.dialect ? this : this.#sharing(this.target, dialect)
  }

  /** A connection on which nothing was said yet. */
  async connect (options: OpenOptions = {}): Promise<DeviceSocket> {
    if (this.dialect === 'mqtt') throw new NotApplicable('is about WebSockets')
    this.signal.throwIfAborted()
    const identity = options.identity ?? this.newIdentity()
    const token = this.target.token ?? await this.#tokenOf(identity, options.version)
    const { headers = {}, pongs = true, url = this.target.url } = options
    const isGateway = this.dialect === 'gateway'
    const link = await DeviceSocket.open({
      url: isGateway ? `${url}${url.includes('?') ? '&' : '?'}from=mqtt_gateway` : url,
      headers: { ...this.#headers(identity, token), ...headers },
      dialect: this.dialect,
      pongs,
      signal: this.signal
    })
    this.#links.push(link)
    return link
  }

  /** A WebSocket that has exchanged its hello. */
  async openSocket (options: OpenOptions = {}): Promise<DeviceSocket> {
    const device = await this.connect(options)
    this.sayHello(device, options)
    await device.expectHello(HELLO_MS)
    return device
  }

  /** A WebSocket with an MCP server behind it, as devices are since 1.8. */
  async openMcp (options: McpOptions = {}): Promise<{ readonly device: DeviceLink, readonly mcp: McpDevice }> {
    const device = this.dialect === 'mqtt' ? await this.connectMqtt() : await this.connect()
    const mcp = new McpDevice(device, options)
    this.sayHello(device, { features: { mcp: true } })
    const hello = await device.expectHello(HELLO_MS)
    if (device instanceof DeviceMqtt) await device.openAudio(hello)
    return { device, mcp }
  }

  /** A device that may talk, over what the dialect says. */
  async open (options: OpenOptions = {}): Promise<DeviceLink> {
    return this.dialect === 'mqtt' ? await this.openMqtt(options) : await this.openSocket(options)
  }

  async openMqtt (options: OpenOptions = {}): Promise<DeviceMqtt> {
    const device = await this.connectMqtt(options)
    device.sendText(JSON.stringify(options.hello ?? this.helloOf(options.features ?? { mcp: false }, 'mqtt')))
    await device.openAudio(await device.expectHello(HELLO_MS))
    return device
  }

  async connectMqtt (options: OpenOptions = {}): Promise<DeviceMqtt> {
    this.signal.throwIfAborted()
    const answer = await this.registerForMqtt(options.identity ?? this.newIdentity())
    if (answer.body?.['mqtt'] === undefined) throw this.missing('the OTA answer offers no MQTT')
    const device = await DeviceMqtt.open(readMqttSettings(answer.body), this.signal)
    this.#links.push(device)
    return device
  }

  sayHello (device: DeviceLink, { hello, features = { mcp: false } }: OpenOptions = {}): void {
    device.sendText(JSON.stringify(hello ?? this.helloOf(features)))
  }

  helloOf (features: JsonObject, dialect = this.dialect): JsonObject {
    const version = { ws1: 1, ws2: 2, ws3: 3, gateway: 2, mqtt: 3 }[dialect]
    const transport = dialect === 'mqtt' ? 'udp' : 'websocket'
    return { type: 'hello', version, transport, features, audio_params: audioParams }
  }

  /** Asks by text, as wake words are sent, and waits for the whole answer. */
  async ask (device: DeviceLink, text: string, stopMs = 60_000): Promise<{ readonly mark: number, readonly turn: Turn }> {
    const mark = device.mark
    device.detect(text)
    return { mark, turn: await expectTurn(device, mark, { startMs: this.rec(8000), stopMs }) }
  }

  close (): void { for (const link of this.#links) link.end() }

  #sharing (target: Target, dialect: Dialect): CaseContext {
    const other = new CaseContext(target, dialect, this.signal)
    other.#links = this.#links
    return other
  }

  #headers ({ deviceId, clientId }: Identity, token: string): Record<string, string> {
    const version = this.dialect === 'gateway' ? '2' : this.dialect === 'mqtt' ? '3' : this.dialect.slice(2)
    const authorization = token === '' ? undefined : token.includes(' ') ? token : `Bearer ${token}`
    const headers = { 'Client-Id': clientId, 'Device-Id': deviceId, 'Protocol-Version': version, ...(authorization === undefined ? {} : { Authorization: authorization }) }
    if (this.dialect !== 'gateway') return headers
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  }

  async #tokenOf (identity: Identity, version = '2.4.2'): Promise<string> {
    if (this.target.otaUrl === undefined) return ''
    const { body } = await this.register(identity, { version })
    const websocket = body?.['websocket'] as JsonObject | undefined
    return typeof websocket?.['token'] === 'string' ? websocket['token'] : ''
  }
}
