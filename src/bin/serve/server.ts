import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { sileroFile, verifyModel } from '../../../native-bindings/model-files.js'
import { forbidTelemetry } from '../../../native-bindings/onnx-runtime.js'
import type { Config } from '../../core/config-schema.js'
import { projectDir, type LoadedConfig } from '../../core/config.js'
import type { ChorusError } from '../../core/errors.js'
import type { Log } from '../../core/log.js'
import { Gateway, sinkTo } from '../../gateway/gateway.js'
import { WEBSOCKET_PATH } from '../../gateway/http-server.js'
import { PROMPT_FRAME_MS, PromptLibrary } from '../../gateway/prompt-library.js'
import { Engine, type EngineFacts } from '../../threads/engine.js'
import { StoreThread } from '../../threads/store-thread.js'
import { threadCounts, usableCores } from '../../threads/thread-counts.js'
import { runProgram } from '../doctor/parts.js'
import { quickChecks } from '../doctor/quick-checks.js'
import type { ChosenRecogniser } from '../models/chosen-recogniser.js'
import { chooseRecogniser } from '../models/recogniser-choice.js'
import { tryVoiceDetection } from '../models/trials.js'

interface Ports { readonly gateway: number, readonly http: number }

/** The voice server: the engine, the ports, and what they need at start. */
export class Server {
  readonly #loaded: LoadedConfig
  readonly #log: Log
  readonly #events: Log
  readonly #onLost: (error: ChorusError) => void
  readonly #startedAt = performance.now()
  #store: StoreThread | undefined
  #engine: Engine | undefined
  #gateway: Gateway | undefined
  #starting: Promise<void> | undefined
  /** Ends the processes in which models are tried. */
  readonly #trials = new AbortController()
  #isStopping = false

  /** @param events the log for what must be seen at every log level */
  constructor (loaded: LoadedConfig, log: Log, events: Log, onLost: (error: ChorusError) => void) {
    this.#loaded = loaded
    this.#log = log
    this.#events = events
    this.#onLost = onLost
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
    const gateway = new Gateway({ config, log: this.#log, engine, prompts, languages: recogniser.languages, directory, tokenKey })
    this.#gateway = gateway
    const { transport, ...ports } = await gateway.listen()
    this.#announce(recogniser, facts, ports, transport)
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

  #announce (recogniser: ChosenRecogniser, facts: EngineFacts, ports: Ports, transport: string): void {
    const host = this.#loaded.config.gateway.publicHost || lanAddress()
    this.#log.info(`speech recognition: ${recogniser.title}${isLocal(recogniser) ? ', on this machine' : ''}`)
    this.#log.info(`language model: ${facts.llm.name}, ${facts.llm.because}`)
    this.#log.info(`voice: ${facts.tts.name}, ${facts.tts.because}`)
    this.#log.info(`threads: ${facts.threads.voice} voice, ${facts.threads.inference} inference, ${facts.threads.dialogue} dialogue; sockets: ${transport}; Opus: ${facts.opus}`)
    this.#log.info(`devices register at http://${host}:${ports.http}/xiaozhi/ota/`)
    this.#log.info(`devices talk at ws://${host}:${ports.gateway}${WEBSOCKET_PATH}`)
    this.#events.info('ready', {
      event: 'ready',
      ports,
      transport,
      opus: facts.opus,
      threads: facts.threads,
      nice: facts.nice,
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
