import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { moonshineFiles, moonshineTokens, sileroFile, verifyModel } from '../../../native-bindings/model-files.js'
import type { Config } from '../../core/config-schema.js'
import { projectDir, type LoadedConfig } from '../../core/config.js'
import type { ChorusError } from '../../core/errors.js'
import type { Log } from '../../core/log.js'
import { Gateway, sinkTo } from '../../gateway/gateway.js'
import { WEBSOCKET_PATH } from '../../gateway/http-server.js'
import { PROMPT_FRAME_MS, PromptLibrary } from '../../gateway/prompt-library.js'
import type { ModelPaths } from '../../ring/worker-messages.js'
import { Engine, type EngineFacts } from '../../threads/engine.js'
import { threadCounts, usableCores } from '../../threads/thread-counts.js'
import { runProgram } from '../doctor/parts.js'
import { quickChecks } from '../doctor/quick-checks.js'

/** What Moonshine understands. */
const RECOGNISED = new Set(['en'])

/** The voice server: the engine, the ports, and what they need at start. */
export class Server {
  readonly #loaded: LoadedConfig
  readonly #log: Log
  readonly #onLost: (error: ChorusError) => void
  readonly #startedAt = performance.now()
  #engine: Engine | undefined
  #gateway: Gateway | undefined
  #starting: Promise<void> | undefined
  #isStopping = false

  constructor (loaded: LoadedConfig, log: Log, onLost: (error: ChorusError) => void) {
    this.#loaded = loaded
    this.#log = log
    this.#onLost = onLost
  }

  /** @throws CHORUS_PORT_TAKEN, CHORUS_MODEL_MISSING, CHORUS_MODEL_CORRUPT, CHORUS_RINGS_TOO_LARGE */
  start (): Promise<void> {
    this.#starting = this.#start()
    return this.#starting
  }

  /** Sessions first, then workers; a start that is under way is waited for. */
  async stop (): Promise<void> {
    this.#isStopping = true
    await this.#starting?.catch(() => {}) // whoever started it was told
    await this.#gateway?.close()
    await this.#engine?.stop()
  }

  async #start (): Promise<void> {
    const { config } = this.#loaded
    this.#reportChecks(config)
    const [models, hasEspeak] = await Promise.all([findModels(config), hasProgram(config.tts.espeak.command)])
    if (this.#isStopping) return
    let gateway: Gateway | undefined
    const sink = sinkTo(slot => gateway?.inSlot(slot), () => engine.slots)
    const counts = threadCounts(config.threads, usableCores(), true)
    const engine = new Engine({ config, counts, models, hasEspeak, log: this.#log, onLost: this.#onLost }, sink)
    this.#engine = engine
    const facts = await engine.start()
    if (this.#isStopping) return
    const prompts = await PromptLibrary.load(join(projectDir, 'assets', 'prompts'), async packets => {
      return config.audio.frameMs === PROMPT_FRAME_MS ? packets : await engine.transcode(packets)
    })
    gateway = new Gateway({ config, log: this.#log, engine, prompts, languages: RECOGNISED })
    this.#gateway = gateway
    const { transport, ...ports } = await gateway.listen()
    this.#announce(facts, ports, transport)
  }

  #reportChecks (config: Config): void {
    for (const finding of quickChecks(config)) {
      if (finding.status === 'ok') continue
      this.#log.warn(`${finding.name}: ${finding.text}`, { advice: finding.advice })
    }
  }

  #announce (facts: EngineFacts, ports: { readonly gateway: number, readonly http: number }, transport: string): void {
    const host = this.#loaded.config.gateway.publicHost || lanAddress()
    this.#log.info(`speech recognition: Moonshine ${this.#loaded.config.asr.moonshine.size} (English), on this machine`)
    this.#log.info(`language model: ${facts.llm.name}, ${facts.llm.because}`)
    this.#log.info(`voice: ${facts.tts.name}, ${facts.tts.because}`)
    this.#log.info(`threads: ${facts.threads.voice} voice, ${facts.threads.inference} inference, ${facts.threads.dialogue} dialogue; sockets: ${transport}; Opus: ${facts.opus}`)
    this.#log.info(`devices register at http://${host}:${ports.http}/xiaozhi/ota/`)
    this.#log.info(`devices talk at ws://${host}:${ports.gateway}${WEBSOCKET_PATH}`)
    this.#log.info('ready', {
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

async function findModels (config: Config): Promise<ModelPaths> {
  const silero = sileroFile()
  const { encoder, decoder } = moonshineFiles(config.asr.moonshine.size)
  const [tokens] = await Promise.all([moonshineTokens(join(config.data, 'models')), verifyModel(silero), verifyModel(encoder), verifyModel(decoder)])
  return { silero: silero.path, recogniser: { encoder: encoder.path, decoder: decoder.path, tokens: tokens.path } }
}

function lanAddress (): string {
  const addresses = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  return addresses.find(address => address.family === 'IPv4' && !address.internal)?.address ?? 'localhost'
}

async function hasProgram (command: string): Promise<boolean> {
  return await runProgram(command, ['--version']) === undefined
}
