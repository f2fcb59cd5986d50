import type { Config } from '../core/config-schema.js'
import type { DeviceDirectory } from '../core/device-directory.js'
import { ChorusError } from '../core/errors.js'
import type { Log } from '../core/log.js'
import type { SlotTable } from '../ring/slot-table.js'
import { OutputQuota } from '../session/output-quota.js'
import { primarySubtag } from '../protocol/language-tag.js'
import { FloodGuard } from '../session/flood-guard.js'
import { PlayoutClock } from '../session/playout-clock.js'
import { PlayoutStats } from '../session/playout.js'
import type { Prompts } from '../session/ports.js'
import { SessionHub } from '../session/session-hub.js'
import type { Session } from '../session/session.js'
import { ServerOrders } from '../session/server-orders.js'
import type { TurnTaking } from '../session/turn-taking.js'
import type { Engine } from '../threads/engine.js'
import type { EngineSink } from '../threads/engine-sink.js'
import { Admission, type Verdict } from './admission.js'
import { DeviceLanguages } from './device-languages.js'
import { authenticateMqtt } from './mqtt-admission.js'
import { MqttTransport } from './mqtt-transport.js'
import type { Transport, TransportOptions, UpgradeAnswer, UpgradeRequest } from './transport.js'
import { listenUws } from './uws-transport.js'
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
  readonly directory: DeviceDirectory
  /** The server-wide key of tokens. */
  readonly tokenKey: string
}

/** Ports in use; those of MQTT only where that is on. */
export interface GatewayPorts { readonly gateway: number, readonly mqtt?: number, readonly udp?: number }

/** The ports that devices talk to, and the sessions behind them. */
export class Gateway {
  readonly stats = new PlayoutStats()
  readonly #options: GatewayOptions
  readonly #clock = new PlayoutClock()
  readonly #languages = new DeviceLanguages()
  readonly #hub: SessionHub
  readonly #admission: Admission
  #isClosed = false
  #transport: Transport | undefined
  #mqtt: MqttTransport | undefined
  #floods = 0

  /** @throws CHORUS_CONFIG_INVALID */
  constructor (options: GatewayOptions) {
    const { config, log, engine, prompts, languages, directory, tokenKey, vision } = options
    this.#options = options
    this.#admission = new Admission({ auth: config.auth, directory, tokenKey, log })
    this.#hub = new SessionHub({
      config,
      log,
      prompts,
      quota: new OutputQuota(config.session.dailyCharacters),
      serverOrders: new ServerOrders(config.compat.serverSecret, options.onRestart, log),
      clock: this.#clock,
      slots: engine.slots,
      stats: this.stats,
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

  /** The session of a device that is connected. */
  ofDevice (deviceId: string): Session | undefined { return this.#hub.ofDevice(deviceId) }

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
    await this.#transport?.close()
    this.#hub.shutDown()
    this.#admission.close()
    this.#clock.stop()
    await this.#mqtt?.close()
  }

  async #listenMqtt (): Promise<{ readonly mqtt?: number, readonly udp?: number }> {
    const { config, log, directory, onLost } = this.#options
    if (!config.mqtt.enabled) return {}
    const authenticate = authenticateMqtt(config.mqtt.signatureKey, directory)
    const mqtt = new MqttTransport({ config, log, onLost, authenticate, accept: request => this.#acceptMqtt(request) })
    const ports = await mqtt.listen()
    this.#mqtt = mqtt
    return ports
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

  // All that is needed of the request is read before anything is waited for.
  #accept (request: UpgradeRequest): UpgradeAnswer | Promise<UpgradeAnswer> {
    const { config } = this.#options
    if (this.#hub.count + this.#admission.undecided >= config.gateway.maxConnections) return SERVICE_UNAVAILABLE
    const arrival = this.#readArrival(request)
    const verdict = this.#admission.decide(request)
    return verdict instanceof Promise ? verdict.then(late => this.#open(arrival, late)) : this.#open(arrival, verdict)
  }

  /** The broker has let the device in. */
  #acceptMqtt (request: UpgradeRequest): UpgradeAnswer {
    if (this.#hub.count >= this.#options.config.gateway.maxConnections) return SERVICE_UNAVAILABLE
    return this.#open(this.#readArrival(request), { kind: 'accepted', deviceId: request.header('device-id').toLowerCase(), device: undefined })
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

  #open ({ language, ...arrival }: Arrival, verdict: Verdict): UpgradeAnswer {
    if (verdict.kind === 'refused') return verdict.status
    if (this.#isClosed) return SERVICE_UNAVAILABLE // it was decided while the sessions were closed
    const { deviceId, device, activationCode } = verdict
    const known = primarySubtag(device?.language ?? '') ?? this.#options.config.session.defaultLanguage
    const caller = { deviceId, language: language ?? known, ...arrival, firmwareVersion: device?.firmwareVersion, activationCode }
    return connection => {
      const session = this.#hub.open(caller, connection)
      const guard = new FloodGuard(this.#options.config.gateway, this.#clock.now())
      return {
        onText: text => { if (guard.takesText(this.#clock.now())) session.onText(text); else this.#endFlood(session) },
        onBinary: message => { if (guard.takesFrame(this.#clock.now())) session.onBinary(message); else this.#endFlood(session) },
        onMissing: messages => { session.onMissing(messages) },
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

  /** For `/healthz`. */
  health (): Readonly<Record<string, unknown>> {
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
      ...(this.#mqtt === undefined ? {} : { mqtt: this.#mqtt.figures }),
      frames: this.stats.frames,
      lateFrames: this.stats.lateFrames,
      underruns: this.stats.underruns,
      admission: this.#admission.figures
    }
  }
}

/** Passes what the engine says to the session in the slot. */
export function sinkTo (inSlot: (slot: number) => TurnTaking | undefined, slots: () => SlotTable): EngineSink {
  return {
    onFrame: (slot, _turn, packet) => {
      const turns = inSlot(slot)
      if (turns === undefined) slots().addSent(slot)
      else turns.onFrame(packet)
    },
    onSentence: (slot, _turn, text) => { inSlot(slot)?.onSentence(text) },
    onEmotion: (slot, _turn, emotion, emoji) => { inSlot(slot)?.onEmotion(emotion, emoji) },
    onTurnEnd: (slot, _turn, isFailed) => { inSlot(slot)?.onTurnEnd(isFailed) },
    onSpeechStarted: (slot, hearing) => { inSlot(slot)?.onSpeechStarted(hearing) },
    onSpeechLasts: (slot, hearing) => { inSlot(slot)?.onSpeechLasts(hearing) },
    onPause: (slot, hearing) => inSlot(slot)?.onPause(hearing) ?? false,
    onEndpoint: (slot, hearing, reason) => inSlot(slot)?.onEndpoint(hearing, reason) ?? false,
    onTranscript: (slot, text, isPartial) => { inSlot(slot)?.onWords(text, isPartial) },
    onPartial: (slot, text) => { inSlot(slot)?.onPartialWords(text) },
    onRecognitionFailed: (slot, error) => { inSlot(slot)?.onRecognitionFailed(error) }
  }
}
