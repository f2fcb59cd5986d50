import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { sileroFile, verifyModel } from '../../../native-bindings/model-files.js'
import { forbidTelemetry } from '../../../native-bindings/onnx-runtime.js'
import type { Config } from '../../core/config-schema.js'
import { projectDir, type LoadedConfig } from '../../core/config.js'
import type { ChorusError } from '../../core/errors.js'
import type { Log } from '../../core/log.js'
import { Gateway, type GatewayPorts } from '../../gateway/gateway.js'
import { sinkTo } from '../../gateway/session-sink.js'
import { PROMPT_FRAME_MS, PromptLibrary } from '../../gateway/prompt-library.js'
import { VisionTokens } from '../../protocol/vision-token.js'
import { Engine, type EngineFacts } from '../../threads/engine.js'
import { StoreThread } from '../../threads/store-thread.js'
import { threadCounts, usableCores } from '../../threads/thread-counts.js'
import { WebThread, type WebFacts } from '../../threads/web-thread.js'
import { OTA_PATH, visionUrl, WEBSOCKET_PATH } from '../../web/public-urls.js'
import { runProgram } from '../doctor/parts.js'
import { quickChecks } from '../doctor/quick-checks.js'
import type { ChosenRecogniser } from '../models/chosen-recogniser.js'
import { chooseRecogniser } from '../models/recogniser-choice.js'
import { tryVoiceDetection } from '../models/trials.js'

interface Ports { readonly gateway: GatewayPorts, readonly transport: string, readonly web: WebFacts }

/** The voice server: the engine, the ports, and what they need at start. */
export class Server {
  readonly #loaded: LoadedConfig
  readonly #log: Log
  readonly #events: Log
  readonly #onLost: (error: ChorusError) => void
  readonly #onRestart: () => void
  readonly #startedAt = performance.now()
  #store: StoreThread | undefined
  #engine: Engine | undefined
  #gateway: Gateway | undefined
  #web: WebThread | undefined
  /** Where devices send pictures, if anybody explains them. */
  #visionUrl: string | undefined
  #starting: Promise<void> | undefined
  /** Ends the processes in which models are tried. */
  readonly #trials = new AbortController()
  #isStopping = false

  /**
   * @param events the log for what must be seen at every log level
   * @param onRestart an operator asks for a restart
   */
  constructor (loaded: LoadedConfig, log: Log, events: Log, onLost: (error: ChorusError) => void, onRestart: () => void) {
    this.#loaded = loaded
    this.#log = log
    this.#events = events
    this.#onLost = onLost
    this.#onRestart = onRestart
  }

  /**
   * @throws CHORUS_CONFIG_INVALID, CHORUS_PORT_TAKEN, CHORUS_MODEL_MISSING, CHORUS_MODEL_CORRUPT,
   * CHORUS_MODEL_UNSUITABLE, CHORUS_MODEL_UNUSABLE, CHORUS_DEVICE_MISSING, CHORUS_RINGS_TOO_LARGE,
   * CHORUS_STORE_MISSING, CHORUS_STORE_UNUSABLE, CHORUS_STORE_NEWER
   */
  start (): Promise<void> {
    this.#starting = this.#start()
    return this.#starting
  }

  /** Sessions first, then workers, the store last; a start that is under way is waited for. */
  async stop (): Promise<void> {
    this.#isStopping = true
    this.#trials.abort()
    await this.#starting?.catch(() => {}) // whoever started it was told
    await this.#gateway?.close()
    await this.#web?.stop()
    await this.#engine?.stop()
    await this.#store?.stop()
  }

  async #start (): Promise<void> {
    const { config } = this.#loaded
    this.#reportChecks(config)
    const silero = sileroFile()
    await verifyModel(silero)
    await tryVoiceDetection(config, silero.path, this.#trials.signal)
    const [recogniser, hasEspeak] = await Promise.all([this.#findRecogniser(), hasProgram(config.tts.espeak.command)])
    const models = { silero: silero.path, recogniser: recogniser.paths, streaming: recogniser.streaming }
    if (this.#isStopping) return
    const store = new StoreThread({ config, log: this.#log, onLost: this.#onLost })
    this.#store = store
    await store.start()
    if (this.#isStopping) return
    const sink = sinkTo(slot => this.#gateway?.inSlot(slot), () => engine.slots)
    const counts = threadCounts(config.threads, usableCores(), isLocal(recogniser))
    forbidTelemetry()
    const engine = new Engine({ config, counts, models, hasEspeak, log: this.#log, onLost: this.#onLost }, sink)
    this.#engine = engine
    const facts = await engine.start()
    if (this.#isStopping) return
    const prompts = await PromptLibrary.load(join(projectDir, 'assets', 'prompts'), async packets => {
      return config.audio.frameMs === PROMPT_FRAME_MS ? packets : await engine.transcode(packets)
    })
    if (this.#isStopping) return
    const directory = store.connect()
    const tokenKey = await directory.tokenKey()
    if (this.#isStopping) return
    const { languages } = recogniser
    const tokens = await VisionTokens.create(tokenKey)
    if (this.#isStopping) return
    const gateway = new Gateway({
      config, log: this.#log, engine, prompts, languages, directory, tokenKey, onRestart: this.#onRestart, onLost: this.#onLost,
      vision: deviceId => this.#visionUrl === undefined ? undefined : { url: this.#visionUrl, token: tokens.sign(deviceId, Date.now()) }
    })
    this.#gateway = gateway
    const { ports, transport } = await gateway.listen()
    if (this.#isStopping) return
    this.#announce(recogniser, facts, { gateway: ports, transport, web: await this.#startWeb(gateway, tokenKey, ports) })
  }

  async #startWeb (gateway: Gateway, serverKey: string, ports: GatewayPorts): Promise<WebFacts> {
    const { config } = this.#loaded
    this.#web = new WebThread({
      config,
      log: this.#log,
      gatewayPort: ports.gateway,
      mqttPort: ports.mqtt ?? 0,
      store: this.#store!.openPort(),
      serverKey,
      health: () => gateway.health(),
      obey: (deviceId, order) => gateway.obey(deviceId, order),
      onLanguage: (deviceId, tag) => { gateway.rememberLanguage(deviceId, tag) },
      onLost: this.#onLost
    })
    const facts = await this.#web.start()
    if (facts.hasVision) this.#visionUrl = visionUrl(config, config.gateway.publicHost || lanAddress(), facts.port)
    return facts
  }

  #reportChecks (config: Config): void {
    for (const finding of quickChecks(config)) {
      if (finding.status === 'ok') continue
      this.#log.warn(`${finding.name}: ${finding.text}`, { advice: finding.advice })
    }
  }

  async #findRecogniser (): Promise<ChosenRecogniser> {
    const { config, sourceOf } = this.#loaded
    const recogniser = await chooseRecogniser({ config, sourceOf, signal: this.#trials.signal })
    if (recogniser.trouble !== undefined) this.#log.warn(`SenseVoice is installed and not used: ${recogniser.trouble}`)
    return recogniser
  }

  #announce (recogniser: ChosenRecogniser, facts: EngineFacts, { gateway, transport, web }: Ports): void {
    const host = this.#loaded.config.gateway.publicHost || lanAddress()
    this.#log.info(`speech recognition: ${recogniser.title}${isLocal(recogniser) ? ', on this machine' : ''}`)
    this.#log.info(`language model: ${facts.llm.name}, ${facts.llm.because}`)
    this.#log.info(`voice: ${facts.tts.name}, ${facts.tts.because}`)
    this.#log.info(`pictures: ${web.vision}`)
    this.#log.info(`threads: ${facts.threads.voice} voice, ${facts.threads.inference} inference, ${facts.threads.dialogue} dialogue; sockets: ${transport}; Opus: ${facts.opus}`)
    this.#log.info(`devices register at http://${host}:${web.port}${OTA_PATH}/`)
    this.#log.info(`devices talk at ws://${host}:${gateway.gateway}${WEBSOCKET_PATH}`)
    if (gateway.udp !== undefined) this.#log.info(`devices talk by MQTT at ${this.#loaded.config.mqtt.broker || `${host}:${gateway.mqtt ?? 0}`}, with audio at UDP port ${gateway.udp}`)
    this.#events.info('ready', {
      event: 'ready',
      ports: { ...gateway, http: web.port },
      transport,
      opus: facts.opus,
      threads: facts.threads,
      nice: { ...facts.nice, web: web.nice },
      startMs: Math.round(performance.now() - this.#startedAt)
    })
  }
}

function isLocal ({ paths, streaming }: ChosenRecogniser): boolean { return paths !== undefined || streaming !== undefined }

function lanAddress (): string {
  const addresses = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  return addresses.find(address => address.family === 'IPv4' && !address.internal)?.address ?? 'localhost'
}

async function hasProgram (command: string): Promise<boolean> {
  return await runProgram(command, ['--version']) === undefined
}
