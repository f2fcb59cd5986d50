import { isAtLeast, type ResolvedOptions } from './device-profile.js'
import type { DeviceTransport, TransportEvents } from './device-transport.js'
import type { DownlinkFrame } from './frame-codec.js'
import { isObject } from './mcp-tools.js'
import { MqttTransport } from './mqtt-transport.js'
import type { JsonObject } from './types.js'
import type { UdpFigures } from './udp-codec.js'
import { WsTransport } from './ws-transport.js'

export interface ChannelEvents extends TransportEvents {
  /**
   * An old socket was still connected when it was replaced; on the device this queues a "go idle".
   */
  onReplaced (): void
}

export type HelloOutcome =
  | { readonly kind: 'ignored' }
  | { readonly kind: 'crash' }
  | { readonly kind: 'accepted', readonly sampleRate: number | undefined, readonly frameMs: number | undefined }

/**
 * The audio channel of one device: its transport, the exchange of hellos, and when it counts as
 * open. By MQTT the connection is there for good and a channel comes and goes within it.
 */
export class Channel {
  readonly #options: ResolvedOptions
  readonly #events: ChannelEvents
  #transport: DeviceTransport | undefined
  #sessionId = ''
  #lastIncomingMs = 0
  #hasFailed = false
  // Sticky, as the event bit of the firmware: a second hello makes the next opening believe that
  // its own came.
  #helloCame = false
  #onHello: (() => void) | undefined

  constructor (options: ResolvedOptions, events: ChannelEvents) {
    this.#options = options
    this.#events = events
  }

  get sessionId (): string { return this.#sessionId }
  get isTcpOpen (): boolean { return this.#transport?.isTcpOpen ?? false }
  get isConnected (): boolean { return this.#transport?.isConnected ?? false }

  /**
   * What the device believes when it is woken: connected, no error so far, and heard from lately.
   */
  get isUsable (): boolean {
    return this.isConnected && !this.#hasFailed && performance.now() - this.#lastIncomingMs <= this.#options.freshnessMs
  }

  /** @throws Error when the server cannot be reached, refuses, or sends no hello in time. */
  async open (): Promise<void> {
    const events: TransportEvents = {
      onText: text => { this.#touch(); this.#events.onText(text) },
      onBinary: data => { this.#touch(); this.#events.onBinary(data) },
      onDisconnected: code => { this.#onHello?.(); this.#events.onDisconnected(code) }
    }
    this.#hasFailed = false
    if (isMqtt(this.#options)) await this.#openMqtt(events)
    else await this.#openSocket(events)
    this.#touch()
    this.sendRaw(this.#formatHello())
    await this.#waitForHello()
  }

  /** What a hello of the server does; the channel keeps its session id. */
  takeHello (message: JsonObject): HelloOutcome {
    if (typeof message['transport'] !== 'string') return { kind: 'crash' }
    if (message['transport'] !== (isMqtt(this.#options) ? 'udp' : 'websocket')) return { kind: 'ignored' }
    if (this.#transport instanceof MqttTransport && !this.#transport.openAudio(message)) return { kind: 'ignored' }
    if (typeof message['session_id'] === 'string') this.#sessionId = message['session_id']
    const audio = isObject(message['audio_params']) ? message['audio_params'] : {}
    this.#helloCame = true
    this.#onHello?.()
    return { kind: 'accepted', sampleRate: asNumber(audio['sample_rate']), frameMs: asNumber(audio['frame_duration']) }
  }

  /** Sends `{"session_id":…,` and the rest; nothing is escaped, as in the firmware. */
  send (rest: string): string | undefined {
    const text = `{"session_id":"${this.#sessionId}",${rest}`
    return this.sendRaw(text) ? text : undefined
  }

  sendRaw (text: string): boolean { return this.#transport?.sendText(text) ?? false }
  sendAudio (packet: Buffer, timestamp: number): boolean {
    return this.#transport?.sendAudio(packet, timestamp) ?? false
  }

  sendRawBinary (data: Uint8Array): boolean { return this.#transport?.sendBinary(data) ?? false }
  unpack (data: Buffer): DownlinkFrame | undefined { return this.#transport?.unpack(data) }

  /** A goodbye of the server; on a WebSocket it means nothing. */
  takeGoodbye (message: JsonObject): void {
    if (this.#transport instanceof MqttTransport) this.#transport.takeGoodbye(message)
  }

  /** Of the datagrams of the present session; a WebSocket has none. */
  get udpFigures (): UdpFigures | undefined { return this.#transport instanceof MqttTransport ? this.#transport.udpFigures : undefined }

  /** The device's UDP address changes; a WebSocket has none. */
  changeAddress (): void {
    if (this.#transport instanceof MqttTransport) this.#transport.changeAddress()
  }

  /** Ends the channel as the device does; by MQTT the connection stays. */
  hangUp (): void {
    if (this.#transport instanceof MqttTransport) this.#transport.hangUp()
    else this.#transport?.drop()
    this.#onHello?.()
  }

  drop (): void {
    this.#transport?.drop()
    this.#onHello?.()
  }

  closePolitely (): void {
    this.#transport?.closePolitely()
    this.#onHello?.()
  }

  async #openSocket (events: TransportEvents): Promise<void> {
    const old = this.#transport
    if (old?.isConnected === true) this.#events.onReplaced()
    old?.drop()
    this.#transport = undefined
    const { url, version, upgradeTimeoutMs, profile, allowSelfSigned } = this.#options
    const settings = { url, version, headers: this.#headers(), upgradeTimeoutMs, pongs: profile.pongs, allowSelfSigned }
    this.#transport = await WsTransport.open(settings, events)
  }

  async #openMqtt (events: TransportEvents): Promise<void> {
    this.#sessionId = ''
    this.#helloCame = false // a stale one is thrown away here
    if (this.#transport?.isTcpOpen === true) return
    const { url, deviceId, clientId, upgradeTimeoutMs, mqtt, impairment } = this.#options
    const mqttClientId = mqtt.clientId ?? `GID_simulated@@@${deviceId.replaceAll(':', '_')}@@@${clientId}`
    const { username = '', password = '' } = mqtt
    const settings = { url, mqttClientId, username, password, connectTimeoutMs: upgradeTimeoutMs, impairment }
    this.#transport = await MqttTransport.connect(settings, events)
  }

  #touch (): void { this.#lastIncomingMs = performance.now() }

  async #waitForHello (): Promise<void> {
    if (!this.#helloCame) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, this.#options.helloTimeoutMs)
        this.#onHello = () => { clearTimeout(timer); resolve() }
      })
      this.#onHello = undefined
    }
    if (!this.isConnected) throw new Error('the server closed the connection instead of saying hello')
    if (!this.#helloCame) {
      this.#hasFailed = true
      throw new Error(`timeout: no hello in ${this.#options.helloTimeoutMs} ms`)
    }
    this.#helloCame = false
  }

  #headers (): Record<string, string> {
    const { token, deviceId, clientId, version, headers } = this.#options
    const own: Record<string, string> = { 'Client-Id': clientId, 'Device-Id': deviceId, 'Protocol-Version': String(version) }
    // A token with a space in it is sent as it stands.
    if (token !== '') own['Authorization'] = token.includes(' ') ? token : `Bearer ${token}`
    return { ...own, ...headers }
  }

  #formatHello (): string {
    const { version, profile } = this.#options
    const glyphPush = profile.glyphPush && isAtLeast(profile.version, '2.4.0')
    const features = {
      ...(profile.aec === 'server' ? { aec: true } : {}),
      ...(profile.mcp ? { mcp: true } : {}),
      ...(glyphPush ? { glyph_push: true } : {})
    }
    return JSON.stringify({
      type: 'hello',
      ...(isMqtt(this.#options) ? { version: 3, transport: 'udp', features } : { version, features }),
      ...(glyphPush ? { text_font: { bundle: 'noto-v1', charset: 'common', size: 20, bpp: 4 } } : {}),
      ...(isMqtt(this.#options) ? {} : { transport: 'websocket' }),
      audio_params: { format: 'opus', sample_rate: 16000, channels: 1, frame_duration: 60 }
    })
  }
}

function isMqtt ({ url }: ResolvedOptions): boolean { return /^mqtts?:/.test(url) }

function asNumber (value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
