import type { Config } from '../core/config-schema.js'
import { findAsrService } from './asr-service.js'
import { OpenAiAsr } from './asr/openai.js'
import { firstModel } from './llm/first-model.js'
import { detectOllama } from './llm/ollama-probe.js'
import { OfflineLlm } from './llm/offline.js'
import { OpenAiLlm } from './llm/openai.js'
import { OPENAI_URL } from './openai-url.js'
import type { SpeechJobs } from './speech-jobs.js'
import { LocalTts } from './tts/local.js'
import { OpenAiTts } from './tts/openai.js'
import type { Asr, Llm, Tts, Vision } from './types.js'
import { OpenAiVision } from './vision/openai.js'

/** Small, quick and cheap: what a spoken answer wants. */
const OPENAI_MODEL = 'gpt-4o-mini'

export interface Local {
  readonly jobs: SpeechJobs
  readonly hasEspeak: boolean
}

/** A provider and one line that says why it was chosen. */
export interface Chosen<Provider> { readonly provider: Provider, readonly because: string }

/** The language model that the settings ask for; `auto` takes the best that is there. */
export async function chooseLlm (config: Config['llm']): Promise<Chosen<Llm>> {
  const isConfigured = config.openai.apiKey !== '' || config.openai.baseUrl !== ''
  if (config.provider === 'openai' || (config.provider === 'auto' && isConfigured)) {
    const baseUrl = config.openai.baseUrl || OPENAI_URL
    const model = config.openai.model || await defaultModel(baseUrl, config.openai.apiKey)
    return { provider: openAiLlm(config, baseUrl, model), because: `${model} at ${baseUrl}` }
  }
  const ollama = config.provider === 'auto' && config.ollama.url !== '' ? await detectOllama(config.ollama.url) : undefined
  const model = ollama?.models[0]
  if (ollama !== undefined && model !== undefined) {
    const baseUrl = `${config.ollama.url.replace(/\/+$/, '')}/v1`
    return { provider: openAiLlm(config, baseUrl, config.openai.model || model), because: `${model} of the Ollama at ${config.ollama.url}` }
  }
  const { timeZone } = config.offline
  const provider = new OfflineLlm(timeZone === '' ? {} : { timeZone })
  return { provider, because: config.provider === 'auto' ? 'no OPENAI_API_KEY, no OPENAI_BASE_URL and no Ollama was found' : 'llm.provider says so' }
}

/** The voice that the settings ask for; `auto` takes a service only where one is configured. */
export function chooseTts (config: Config, local: Local): Chosen<Tts> {
  const { tts, llm } = config
  const isConfigured = tts.openai.apiKey !== '' || tts.openai.baseUrl !== ''
  if (tts.provider === 'openai' || (tts.provider === 'auto' && isConfigured)) {
    const llmUrl = llm.openai.baseUrl || OPENAI_URL
    const baseUrl = tts.openai.baseUrl || llmUrl
    const { model, voice, sampleRateHz } = tts.openai
    // The key of one service is nothing that another one should see.
    const apiKey = tts.openai.apiKey || (baseUrl === llmUrl ? llm.openai.apiKey : '')
    return { provider: new OpenAiTts({ baseUrl, apiKey, model, voice, sampleRateHz }), because: `${model} at ${baseUrl}` }
  }
  const engine = tts.provider === 'flite' || tts.provider === 'espeak' ? tts.provider : 'auto'
  const voices = local.hasEspeak ? 'flite for English, espeak-ng for other languages' : 'flite for English; espeak-ng is not installed, so no other language has a voice'
  return { provider: new LocalTts({ ...local, engine }), because: voices }
}

/**
 * The recognition service that the settings ask for; undefined where recognition is local.
 * @throws CHORUS_CONFIG_INVALID
 */
export function chooseAsr (config: Config): Asr | undefined {
  const service = findAsrService(config)
  if (service === undefined) return undefined
  const { model, timeoutMs, maxAnswerBytes } = config.asr.openai
  return new OpenAiAsr({ ...service, model, timeoutMs, maxAnswerBytes })
}

/** The model that looks at pictures; undefined where none is set up. */
export async function chooseVision (config: Config): Promise<Chosen<Vision | undefined>> {
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

// Only OpenAI itself is known to have that model; any other server is asked what it has.
async function defaultModel (baseUrl: string, apiKey: string): Promise<string> {
  if (baseUrl === OPENAI_URL) return OPENAI_MODEL
  return await firstModel(baseUrl, apiKey) ?? OPENAI_MODEL
}

function openAiLlm (config: Config['llm'], baseUrl: string, model: string): Llm {
  const { apiKey, temperature, maxTokens } = config.openai
  return new OpenAiLlm({ baseUrl, apiKey, model, temperature, maxTokens })
}
