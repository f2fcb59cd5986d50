import type { Config } from '../core/config-schema.js'
import { findAsrService } from './asr-service.js'
import { asrVendors } from './asr-vendors.js'
import { Chain, type ChainOptions } from './chain/chain.js'
import { ChainedAsr } from './chain/chained-asr.js'
import { ChainedLlm } from './chain/chained-llm.js'
import { ChainedTts } from './chain/chained-tts.js'
import { detectOllama } from './llm/ollama-probe.js'
import { OfflineLlm } from './llm/offline.js'
import { defaultModel, llmVendors } from './llm-vendors.js'
import { OPENAI_URL } from './openai-url.js'
import type { SpeechJobs } from './speech-jobs.js'
import { LocalTts } from './tts/local.js'
import { ttsVendors } from './tts-vendors.js'
import type { Asr, Llm, Tts, Vision } from './types.js'
import { findVendor } from './vendor.js'
import { OpenAiVision } from './vision/openai.js'

export interface Local {
  readonly jobs: SpeechJobs
  readonly hasEspeak: boolean
}

/** A provider and one line that says why it was chosen. */
export interface Chosen<Provider> {
  readonly provider: Provider
  readonly because: string
  /** How many may be asked, one after the other, before it is known that none of them answers. */
  readonly members: number
}

/** Told when a provider failed and the next one of its chain is asked. */
export type OnFallback = ChainOptions['onFallback']

type Alone<Provider> = Omit<Chosen<Provider>, 'members'>

/**
 * The language model that the settings ask for; `auto` takes the best that is there.
 * @throws CHORUS_CONFIG_INVALID
 */
export async function chooseLlm (config: Config, onFallback: OnFallback = ignore): Promise<Chosen<Llm>> {
  const { fallback, firstTokenTimeoutMs, stallTimeoutMs } = config.llm
  const { provider, because } = await firstLlm(config)
  const others = await Promise.all(fallback.map(async name => name === 'offline' ? offlineLlm(config) : await findVendor(config, llmVendors, name, 'llm.fallback').make(config)))
  if (others.length === 0) return { provider, because, members: 1 }
  const chain = new Chain<Llm>([provider, ...others], { ...config.resilience, onFallback })
  const patience = { firstMs: firstTokenTimeoutMs, stallMs: stallTimeoutMs }
  return { provider: new ChainedLlm(chain, patience), because: `${because}, then ${fallback.join(', ')}`, members: others.length + 1 }
}

/**
 * The voice that the settings ask for; `auto` takes a service only where one is configured.
 * @throws CHORUS_CONFIG_INVALID
 */
export async function chooseTts (config: Config, local: Local, onFallback: OnFallback = ignore): Promise<Chosen<Tts>> {
  const { fallback, firstAudioTimeoutMs, stallTimeoutMs } = config.tts
  const { provider, because } = await firstTts(config, local)
  const others = await Promise.all(fallback.map(async name => name === 'local' ? localTts(config, local).provider : await findVendor(config, ttsVendors, name, 'tts.fallback').make(config)))
  if (others.length === 0) return { provider, because, members: 1 }
  const chain = new Chain<Tts>([provider, ...others], { ...config.resilience, onFallback })
  const patience = { firstMs: firstAudioTimeoutMs, stallMs: stallTimeoutMs }
  return { provider: new ChainedTts(chain, patience), because: `${because}, then ${fallback.join(', ')}`, members: others.length + 1 }
}

/**
 * The recognition service that the settings ask for; undefined where recognition is local.
 * @throws CHORUS_CONFIG_INVALID
 */
export async function chooseAsr (config: Config, onFallback: OnFallback = ignore): Promise<Asr | undefined> {
  const service = findAsrService(config)
  if (service === undefined) return undefined
  const first = await asrVendors[service.name].make(config)
  const others = await Promise.all(config.asr.fallback.map(name => findVendor(config, asrVendors, name, 'asr.fallback').make(config)))
  return others.length === 0 ? first : new ChainedAsr(new Chain<Asr>([first, ...others], { ...config.resilience, onFallback }))
}

/** The model that looks at pictures; undefined where none is set up. */
export async function chooseVision (config: Config): Promise<Alone<Vision | undefined>> {
  const { vision, llm } = config
  const llmUrl = llm.openai.baseUrl || OPENAI_URL
  const baseUrl = vision.openai.baseUrl || llmUrl
  const isOfLlm = baseUrl === llmUrl
  const apiKey = vision.openai.apiKey || (isOfLlm ? llm.openai.apiKey : '')
  const isConfigured = vision.openai.apiKey !== '' || vision.openai.baseUrl !== '' || vision.openai.model !== ''
  // Any other service may have a language model that sees nothing.
  const isOpenAi = llm.provider !== 'offline' && baseUrl === OPENAI_URL && apiKey !== ''
  if (vision.provider === 'none') return { provider: undefined, because: 'vision.provider says so' }
  if (vision.provider === 'auto' && !isConfigured && !isOpenAi) return { provider: undefined, because: 'no vision.openai is set, and the language model is not that of OpenAI' }
  const model = vision.openai.model || (isOfLlm ? llm.openai.model : '') || await defaultModel(baseUrl, apiKey)
  const { maxTokens } = vision.openai
  return { provider: new OpenAiVision({ baseUrl, apiKey, model, maxTokens }), because: `${model} at ${baseUrl}` }
}

async function firstLlm (config: Config): Promise<Alone<Llm>> {
  const { provider: wanted, openai, ollama: { url } } = config.llm
  const isConfigured = openai.apiKey !== '' || openai.baseUrl !== ''
  if (wanted === 'auto' ? isConfigured : wanted !== 'offline') {
    const settled = await settleModel(config, wanted === 'auto' ? 'openai' : wanted)
    const vendor = findVendor(settled, llmVendors, wanted === 'auto' ? 'openai' : wanted, 'llm.provider')
    return { provider: await vendor.make(settled), because: vendor.describe(settled) }
  }
  const model = wanted === 'auto' && url !== '' ? (await detectOllama(url))?.models[0] : undefined
  if (model !== undefined) {
    const own = { ...config.llm.openai, baseUrl: `${url.replace(/\/+$/, '')}/v1`, model: openai.model || model }
    const provider = await llmVendors.openai.make({ ...config, llm: { ...config.llm, openai: own } })
    return { provider, because: `${own.model} of the Ollama at ${url}` }
  }
  return { provider: offlineLlm(config), because: wanted === 'auto' ? 'no OPENAI_API_KEY, no OPENAI_BASE_URL and no Ollama was found' : 'llm.provider says so' }
}

/** A service is asked for its models where none is named, so that the log can tell which it is. */
async function settleModel (config: Config, name: string): Promise<Config> {
  const { openai } = config.llm
  if (name !== 'openai' || openai.model !== '') return config
  const model = await defaultModel(openai.baseUrl || OPENAI_URL, openai.apiKey)
  return { ...config, llm: { ...config.llm, openai: { ...openai, model } } }
}

async function firstTts (config: Config, local: Local): Promise<Alone<Tts>> {
  const { provider, openai } = config.tts
  const isConfigured = openai.apiKey !== '' || openai.baseUrl !== ''
  if (provider === 'flite' || provider === 'espeak' || (provider === 'auto' && !isConfigured)) return localTts(config, local)
  const vendor = findVendor(config, ttsVendors, provider === 'auto' ? 'openai' : provider, 'tts.provider')
  return { provider: await vendor.make(config), because: vendor.describe(config) }
}

function localTts ({ tts }: Config, local: Local): Alone<Tts> {
  const engine = tts.provider === 'flite' || tts.provider === 'espeak' ? tts.provider : 'auto'
  const voices = local.hasEspeak ? 'flite for English, espeak-ng for other languages' : 'flite for English; espeak-ng is not installed, so no other language has a voice'
  return { provider: new LocalTts({ ...local, engine }), because: voices }
}

function offlineLlm ({ llm }: Config): Llm {
  const { timeZone } = llm.offline
  return new OfflineLlm(timeZone === '' ? {} : { timeZone })
}

function ignore (): void {}
