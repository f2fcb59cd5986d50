import type { Config } from '../core/config-schema.js'
import { ChorusError } from '../core/errors.js'
import type { Log } from '../core/log.js'
import type { SlotTable } from '../ring/slot-table.js'
import { FloodGuard } from '../session/flood-guard.js'
import { PlayoutClock } from '../session/playout-clock.js'
import { PlayoutStats } from '../session/playout.js'
import type { Prompts } from '../session/ports.js'
import { SessionHub } from '../session/session-hub.js'
import type { Session } from '../session/session.js'
import type { Engine } from '../threads/engine.js'
import type { EngineSink } from '../threads/engine-sink.js'
import { DeviceLanguages, primarySubtag } from './device-languages.js'
import { listenHttp, type HttpServer } from './http-server.js'
import type { Connection, ConnectionEvents, Transport, TransportOptions, UpgradeRequest } from './transport.js'
import { listenUws } from './uws-transport.js'
import { listenWs } from './ws-transport.js'

const SERVICE_UNAVAILABLE = 503
// RFC 6455, 7.4.1: it broke a rule of ours.
const POLICY_VIOLATION = 1008

export interface GatewayOptions {
  readonly config: Config
  readonly log: Log
  readonly engine: Engine
  readonly prompts: Prompts
  /** Languages that the recogniser knows; undefined: all. */
  readonly languages: ReadonlySet<string> | undefined
}

/** The ports that devices reach, and the sessions behind them. */
export class Gateway {
  readonly stats = new PlayoutStats()
  readonly #options: GatewayOptions
  readonly #clock = new PlayoutClock()
  readonly #languages = new DeviceLanguages()
  readonly #hub: SessionHub
  #transport: Transport | undefined
  #http: HttpServer | undefined
  #floods = 0

  constructor (options: GatewayOptions) {
    const { config, log, engine, prompts, languages } = options
    this.#options = options
    this.#hub = new SessionHub({
      config,
      log,
      prompts,
      clock: this.#clock,
      slots: engine.slots,
      stats: this.stats,
      attach: guest => engine.attach(guest),
      forget: conversation => { engine.forget(conversation) },
      understands: language => languages?.has(language) ?? true
    })
  }

  get sessions (): number { return this.#hub.count }

  inSlot (slot: number): Session | undefined { return this.#hub.inSlot(slot) }

  /**
   * Opens both ports.
   * @throws CHORUS_PORT_TAKEN
   */
  async listen (): Promise<{ readonly gateway: number, readonly http: number, readonly transport: string }> {
    const { config } = this.#options
    this.#transport = await this.#listenTransport()
    const port = this.#transport.port
    try {
      this.#http = await listenHttp({ config, languages: this.#languages, gatewayPort: () => port, health: () => this.#health() })
    } catch (error) {
      await this.#transport.close()
      throw error
    }
    return { gateway: port, http: this.#http.port, transport: this.#transport.name }
  }

  /** Takes no new devices, tells the others, closes the ports. */
  async close (): Promise<void> {
    await this.#transport?.close()
    this.#hub.shutDown()
    this.#clock.stop()
    await this.#http?.close()
  }

  async #listenTransport (): Promise<Transport> {
    const { config, log } = this.#options
    const { host, port, maxMessageBytes, backpressureBytes, transport } = config.gateway
    const options: TransportOptions = { host, port, maxMessageBytes, backpressureBytes, accept: request => this.#accept(request) }
    if (transport === 'ws') return await listenWs(options)
    try {
      return await listenUws(options)
    } catch (error) {
      if (transport === 'uws' || !(error instanceof ChorusError) || error.code !== 'CHORUS_UWS_MISSING') throw error
      log.warn('ws serves the sockets, at a third more processor time', { error: error.message })
      return await listenWs(options)
    }
  }

  #accept (request: UpgradeRequest): ((connection: Connection) => ConnectionEvents) | number {
    const { config } = this.#options
    if (this.#hub.count >= config.gateway.maxConnections) return SERVICE_UNAVAILABLE
    const query = new URLSearchParams(request.query)
    const read = (name: string): string => request.header(name) || (query.get(name) ?? '')
    const deviceId = read('device-id')
    const language = primarySubtag(read('accept-language')) ?? this.#languages.find(deviceId) ?? config.session.defaultLanguage
    const version = Number.parseInt(read('protocol-version'), 10)
    const caller = {
      deviceId,
      language,
      protocolVersion: Number.isNaN(version) ? undefined : version,
      isBehindGateway: query.get('from') === 'mqtt_gateway'
    }
    return connection => {
      const session = this.#hub.open(caller, connection)
      const guard = new FloodGuard(config.gateway, this.#clock.now())
      return {
        onText: text => { if (guard.takesText(this.#clock.now())) session.onText(text); else this.#endFlood(session) },
        onBinary: message => { if (guard.takesFrame(this.#clock.now())) session.onBinary(message); else this.#endFlood(session) },
        onDrain: () => { session.onDrain() },
        onClosed: () => { this.#hub.closed(session) }
      }
    }
  }

  #endFlood (session: Session): void {
    if (session.isClosed) return // what was on its way when it was closed
    this.#floods++
    this.#options.log.warn('a device sent more than any device does', { session: session.id, device: session.caller.deviceId })
    session.close(POLICY_VIOLATION, 'too many messages')
  }

  #health (): Readonly<Record<string, unknown>> {
    const { engine } = this.#options
    return {
      status: 'ok',
      sessions: this.#hub.count,
      floods: this.#floods,
      slots: engine.usedSlots,
      pages: engine.usedPages,
      queuedJobs: engine.queuedJobs,
      badPackets: engine.badPackets,
      lostFrames: engine.lostFrames,
      speculation: engine.speculation,
      voice: engine.voiceFigures,
      threads: engine.threads,
      ...(engine.streaming === undefined ? {} : { streaming: engine.streaming }),
      frames: this.stats.frames,
      lateFrames: this.stats.lateFrames,
      underruns: this.stats.underruns
    }
  }
}

/** Passes what the engine says to the session in the slot. */
export function sinkTo (inSlot: (slot: number) => Session | undefined, slots: () => SlotTable): EngineSink {
  return {
    onFrame: (slot, _turn, packet) => {
      const session = inSlot(slot)
      if (session === undefined) slots().addSent(slot)
      else session.onFrame(packet)
    },
    onSentence: (slot, _turn, text) => { inSlot(slot)?.onSentence(text) },
    onEmotion: (slot, _turn, emotion, emoji) => { inSlot(slot)?.onEmotion(emotion, emoji) },
    onTurnEnd: (slot, _turn, isFailed) => { inSlot(slot)?.onTurnEnd(isFailed) },
    onSpeechStarted: (slot, hearing) => { inSlot(slot)?.onSpeechStarted(hearing) },
    onPause: (slot, hearing) => inSlot(slot)?.onPause(hearing) ?? false,
    onEndpoint: (slot, hearing, reason) => inSlot(slot)?.onEndpoint(hearing, reason) ?? false,
    onTranscript: (slot, text, isPartial) => { inSlot(slot)?.onWords(text, isPartial) },
    onPartial: (slot, text) => { inSlot(slot)?.onPartialWords(text) },
    onRecognitionFailed: (slot, error) => { inSlot(slot)?.onRecognitionFailed(error) }
  }
}
