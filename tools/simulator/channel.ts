import { isAtLeast, type ResolvedOptions } from './device-profile.js'
import { packFrame, unpackFrame, type DownlinkFrame } from './frame-codec.js'
import { isObject } from './mcp-tools.js'
import type { JsonObject } from './types.js'
import { WsTransport } from './ws-transport.js'

export interface ChannelEvents {
  onText (text: string): void
  onBinary (data: Buffer): void
  onDisconnected (code: number): void
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
 * The audio channel of one device: its socket, the exchange of hellos, and when it counts as open.
 */
export class Channel {
  readonly #options: ResolvedOptions
  readonly #events: ChannelEvents
  #transport: WsTransport | undefined
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
    const old = this.#transport
    if (old?.isConnected === true) this.#events.onReplaced()
    old?.drop()
    this.#transport = undefined
    this.#hasFailed = false
    const { url, upgradeTimeoutMs, profile, allowSelfSigned } = this.#options
    this.#transport = await WsTransport.open(
      { url, headers: this.#headers(), upgradeTimeoutMs, pongs: profile.pongs, allowSelfSigned },
      {
        onText: text => { this.#touch(); this.#events.onText(text) },
        onBinary: data => { this.#touch(); this.#events.onBinary(data) },
        onDisconnected: code => { this.#onHello?.(); this.#events.onDisconnected(code) }
      }
    )
    this.#touch()
    this.sendRaw(this.#formatHello())
    await this.#waitForHello()
  }

  /** What a hello of the server does; the channel keeps its session id. */
  takeHello (message: JsonObject): HelloOutcome {
    if (typeof message['transport'] !== 'string') return { kind: 'crash' }
    if (message['transport'] !== 'websocket') return { kind: 'ignored' }
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
    return this.#transport?.sendBinary(packFrame(this.#options.version, packet, timestamp)) ?? false
  }

  sendRawBinary (data: Uint8Array): boolean { return this.#transport?.sendBinary(data) ?? false }
  unpack (data: Buffer): DownlinkFrame | undefined { return unpackFrame(this.#options.version, data) }

  drop (): void {
    this.#transport?.drop()
    this.#onHello?.()
  }

  closePolitely (): void {
    this.#transport?.closePolitely()
    this.#onHello?.()
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
      version,
      features,
      ...(glyphPush ? { text_font: { bundle: 'noto-v1', charset: 'common', size: 20, bpp: 4 } } : {}),
      transport: 'websocket',
      audio_params: { format: 'opus', sample_rate: 16000, channels: 1, frame_duration: 60 }
    })
  }
}

function asNumber (value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
