import type { Config } from '../core/config-schema.js'
import type { DeviceFacts, StoreApi } from '../core/device-directory.js'
import { ChorusError } from '../core/errors.js'
import type { Log } from '../core/log.js'
import type { Order, Receipt } from '../core/orders.js'
import { OutputQuota } from '../session/output-quota.js'
import { primarySubtag } from '../protocol/language-tag.js'
import { FloodGuard } from '../session/flood-guard.js'
import { PlayoutClock } from '../session/playout-clock.js'
import { PlayoutStats } from '../session/playout.js'
import type { Prompts } from '../session/ports.js'
import { SessionHub } from '../session/session-hub.js'
import type { Session } from '../session/session.js'
import { TurnStats } from '../session/turn-stats.js'
import { ServerOrders } from '../session/server-orders.js'
import type { TurnTaking } from '../session/turn-taking.js'
import type { Engine } from '../threads/engine.js'
import { Admission, factsOf, type Verdict } from './admission.js'
import { DeviceLanguages } from './device-languages.js'
import { authenticateMqtt } from './mqtt-admission.js'
import { MqttTransport } from './mqtt-transport.js'
import { StandingWatch, type Guest } from './standing-watch.js'
import type { Transport, TransportOptions, UpgradeAnswer, UpgradeRequest } from './transport.js'
import { listenUws } from './uws-transport.js'
import { WireCounts } from './wire-counts.js'
import { listenWs } from './ws-transport.js'

const SERVICE_UNAVAILABLE = 503
// RFC 6455, 7.4.1: it broke a rule of ours.
const POLICY_VIOLATION = 1008

/** What a device says at its upgrade, apart from who it is. */
interface Arrival {
  readonly language: string | undefined
  readonly protocolVersion: number | undefined
  readonly isBehindGateway: boolean
}

/** One who is let in. */
interface Entrant {
  readonly deviceId: string
  readonly facts: DeviceFacts
  readonly activationCode?: string | undefined
}

export interface GatewayOptions {
  readonly config: Config
  readonly log: Log
  readonly engine: Engine
  readonly prompts: Prompts
  /** Languages that the recogniser knows; undefined: all. */
  readonly languages: ReadonlySet<string> | undefined
  /** An operator asks for a restart over a device socket. */
  readonly onRestart: () => void
  /** Where this device shall send its photos, and with which token; by default nowhere. */
  readonly vision?: (deviceId: string) => { readonly url: string, readonly token: string } | undefined
  /** The MQTT worker ended although nobody asked it to. */
  readonly onLost: (error: ChorusError) => void
  /** The devices that are known. */
  readonly directory: StoreApi
  /** The server-wide key of tokens. */
  readonly tokenKey: string
}

/** Ports in use; those of MQTT only where that is on. */
export interface GatewayPorts { readonly gateway: number, readonly mqtt?: number, readonly udp?: number }

/** The ports that devices talk to, and the sessions behind them. */
export class Gateway {
  readonly stats = new PlayoutStats()
  readonly #turnStats: TurnStats
  readonly #options: GatewayOptions
  readonly #clock = new PlayoutClock()
  readonly #languages = new DeviceLanguages()
  readonly #hub: SessionHub
  readonly #admission: Admission
  readonly #watch: StandingWatch
  #isClosed = false
  #transport: Transport | undefined
  #mqtt: MqttTransport | undefined
  readonly #wire = new WireCounts()
  #floods = 0

  /** @throws CHORUS_CONFIG_INVALID */
  constructor (options: GatewayOptions) {
    const { config, log, engine, prompts, languages, directory, tokenKey, vision } = options
    this.#options = options
    this.#admission = new Admission({ auth: config.auth, directory, tokenKey, log })
    this.#watch = new StandingWatch({ store: directory, everyMs: config.store.watchMs, guests: () => this.#guests(), log })
    this.#turnStats = new TurnStats(config.session.keptWaterfalls)
    this.#hub = new SessionHub({
      config,
      log,
      prompts,
      quota: new OutputQuota(config.session.dailyCharacters),
      serverOrders: new ServerOrders(config.compat.serverSecret, options.onRestart, log),
      clock: this.#clock,
      slots: engine.slots,
      stats: this.stats,
      turnStats: this.#turnStats,
      attach: guest => engine.attach(guest),
      forget: conversation => { engine.forget(conversation) },
      tools: {
        open: (conversation, device, hasMcp) => {
          engine.openTools(conversation, device, hasMcp ? { vision: vision?.(device.deviceId) } : undefined)
        },
        push: (conversation, text) => { engine.pushToolText(conversation, text) }
      },
      understands: language => languages?.has(language) ?? true
    })
  }

  get sessions (): number { return this.#hub.count }

  inSlot (slot: number): TurnTaking | undefined { return this.#hub.inSlot(slot) }

  /** What an operator wants of a device; resolves when it is known what became of it. */
  obey (deviceId: string, order: Order): Promise<Receipt> {
    return this.#hub.ofDevice(deviceId)?.obey(order) ?? this.#mqtt?.devices.obey(deviceId, order) ?? Promise.resolve('offline')
  }

  /**
   * Opens all ports.
   * @throws CHORUS_PORT_TAKEN, CHORUS_WORKER_LOST, CHORUS_WORKER_SLOW_START
   */
  async listen (): Promise<{ readonly ports: GatewayPorts, readonly transport: string }> {
    this.#transport = await this.#listenTransport()
    try {
      return { ports: { gateway: this.#transport.port, ...await this.#listenMqtt() }, transport: this.#transport.name }
    } catch (error) {
      await this.#transport.close()
      throw error
    }
  }

  /** A device told its language when it registered. */
  rememberLanguage (deviceId: string, tag: string): void { this.#languages.remember(deviceId, tag) }

  /** Takes no new devices, tells the others, closes the port. */
  async close (): Promise<void> {
    this.#isClosed = true
    this.#watch.close()
    await this.#transport?.close()
    this.#hub.shutDown()
    this.#admission.close()
    this.#clock.stop()
    await this.#mqtt?.close()
  }

  async #listenMqtt (): Promise<{ readonly mqtt?: number, readonly udp?: number }> {
    const { config, log, directory, onLost } = this.#options
    if (!config.mqtt.enabled) return {}
    const { auth: { mode }, mqtt: { signatureKey } } = config
    const authenticate = authenticateMqtt({ signatureKey, isOpen: mode === 'open', directory, admission: this.#admission })
    const mqtt = new MqttTransport({ config, log, onLost, authenticate, accept: (request, facts) => this.#acceptMqtt(request, facts) })
    const ports = await mqtt.listen()
    this.#mqtt = mqtt
    return ports
  }

  async #listenTransport (): Promise<Transport> {
    const { config, log } = this.#options
    const { host, port, maxMessageBytes, backpressureBytes, transport } = config.gateway
    const options: TransportOptions = {
      host,
      port,
      maxMessageBytes,
      backpressureBytes,
      accept: request => this.#accept(request),
      onFault: fault => { this.#wire.count(fault) }
    }
    if (transport === 'ws') return await listenWs(options)
    try {
      return await listenUws(options)
    } catch (error) {
      if (transport === 'uws' || !(error instanceof ChorusError) || error.code !== 'CHORUS_UWS_MISSING') throw error
      log.warn('ws serves the sockets, at a third more processor time', { error: error.message })
      return await listenWs(options)
    }
  }

  // All that is needed of the request is read before anything is waited for.
  #accept (request: UpgradeRequest): UpgradeAnswer | Promise<UpgradeAnswer> {
    const { config } = this.#options
    if (this.#hub.count + this.#admission.undecided >= config.gateway.maxConnections) return this.#refuseBusy()
    const arrival = this.#readArrival(request)
    const verdict = this.#admission.decide(request)
    return verdict instanceof Promise ? verdict.then(late => this.#admit(arrival, late)) : this.#admit(arrival, verdict)
  }

  /** The broker has let the device in. */
  #acceptMqtt (request: UpgradeRequest, facts: DeviceFacts | undefined): UpgradeAnswer {
    if (this.#hub.count >= this.#options.config.gateway.maxConnections) return this.#refuseBusy()
    const deviceId = request.header('device-id').toLowerCase()
    const entrant = { deviceId, facts: facts ?? factsOf(undefined) }
    return this.#open(this.#readArrival(request), entrant, session => { this.#mqtt?.devices.opened(session) })
  }

  #refuseBusy (): number {
    this.#wire.count('busy')
    return SERVICE_UNAVAILABLE
  }

  #readArrival (request: UpgradeRequest): Arrival {
    const query = new URLSearchParams(request.query)
    const read = (name: string): string => request.header(name) || (query.get(name) ?? '')
    const version = Number.parseInt(read('protocol-version'), 10)
    return {
      language: primarySubtag(read('accept-language')) ?? this.#languages.find(read('device-id')),
      protocolVersion: Number.isNaN(version) ? undefined : version,
      isBehindGateway: query.get('from') === 'mqtt_gateway'
    }
  }

  #admit (arrival: Arrival, verdict: Verdict): UpgradeAnswer {
    if (verdict.kind === 'refused') return verdict.status
    const { deviceId, device, activationCode } = verdict
    return this.#open(arrival, { deviceId, facts: factsOf(device), activationCode })
  }

  #open ({ language, ...arrival }: Arrival, entrant: Entrant, onSession?: (session: Session) => void): UpgradeAnswer {
    if (this.#isClosed) return SERVICE_UNAVAILABLE // it was decided while the sessions were closed
    const { facts } = entrant
    const known = primarySubtag(facts.language ?? '') ?? this.#options.config.session.defaultLanguage
    const caller = { ...entrant, language: language ?? known, ...arrival, firmwareVersion: facts.firmwareVersion }
    return connection => {
      const session = this.#hub.open(caller, connection)
      onSession?.(session)
      const guard = new FloodGuard(this.#options.config.gateway, this.#clock.now())
      return {
        onText: text => {
          if (!guard.takesText(this.#clock.now())) { this.#endFlood(session); return }
          session.onText(text)
          guard.allowFramesOf(session.uplinkFrameMs)
        },
        onBinary: message => { if (guard.takesFrame(this.#clock.now())) session.onBinary(message); else this.#endFlood(session) },
        onMissing: messages => { session.onMissing(messages) },
        onDrain: () => { session.onDrain() },
        onClosed: () => { this.#hub.closed(session) }
      }
    }
  }

  /** Whoever may have to go when somebody decides about it. */
  * #guests (): Iterable<Guest> {
    for (const session of this.#hub.sessions) {
      const { deviceId, facts } = session.caller
      if (facts !== undefined) yield { deviceId, facts, leave: why => { session.close(POLICY_VIOLATION, why); this.#hub.closed(session) } }
    }
    for (const [deviceId, facts] of this.#mqtt?.devices.present ?? []) {
      if (facts !== undefined) yield { deviceId, facts, leave: () => { this.#mqtt?.disconnect(deviceId) } }
    }
  }

  #endFlood (session: Session): void {
    if (session.isClosed) return // what was on its way when it was closed
    this.#floods++
    this.#options.log.warn('a device sent more than any device does', { session: session.id, device: session.caller.deviceId })
    session.close(POLICY_VIOLATION, 'too many messages')
  }

  /** For `/healthz`. */
  health (): Readonly<Record<string, unknown>> {
    const { engine } = this.#options
    return {
      status: 'ok',
      sessions: this.#hub.count,
      floods: this.#floods,
      closed: this.#hub.ends,
      wire: this.#wire.figures(this.#transport?.seesHandshakes ?? false),
      slots: engine.usedSlots,
      pages: engine.usedPages,
      queuedJobs: engine.queuedJobs,
      badPackets: engine.badPackets,
      lostFrames: engine.lostFrames,
      speculation: engine.speculation,
      voice: engine.voiceFigures,
      threads: [...engine.threads, ...this.#mqtt?.threads ?? []],
      ...(engine.streaming === undefined ? {} : { streaming: engine.streaming }),
      ...(this.#mqtt === undefined ? {} : { mqtt: this.#mqtt.figures }),
      frames: this.stats.frames,
      lateFrames: this.stats.lateFrames,
      underruns: this.stats.underruns,
      turns: this.#turnStats.read(),
      admission: this.#admission.figures
    }
  }
}
