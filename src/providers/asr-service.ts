import type { Config } from '../core/config-schema.js'
import { ChorusError } from '../core/errors.js'
import { OPENAI_URL } from './openai-url.js'

export interface AsrService { readonly baseUrl: string, readonly apiKey: string }

/** Does a service recognise, and no model on this machine? */
export function isRecognitionRemote ({ asr }: Config): boolean {
  const isConfigured = asr.openai.apiKey !== '' || asr.openai.baseUrl !== ''
  return asr.provider === 'openai' || (asr.provider === 'auto' && isConfigured)
}

/**
 * The recognition service that the settings ask for; undefined where recognition is local. The
 * gateway asks, too, so this file loads no client.
 * @throws CHORUS_CONFIG_INVALID when OpenAI itself is asked for without a key
 */
export function findAsrService (config: Config): AsrService | undefined {
  if (!isRecognitionRemote(config)) return undefined
  const { asr, llm } = config
  const llmUrl = llm.openai.baseUrl || OPENAI_URL
  const baseUrl = asr.openai.baseUrl || llmUrl
  // The key of one service is nothing that another one should see.
  const apiKey = asr.openai.apiKey || (baseUrl === llmUrl ? llm.openai.apiKey : '')
  if (baseUrl.replace(/\/+$/, '') === OPENAI_URL && apiKey === '') {
    throw new ChorusError('CHORUS_CONFIG_INVALID', ['asr.openai.apiKey', 'nothing', `a key for ${OPENAI_URL} (OPENAI_API_KEY will do), or another service as asr.openai.baseUrl`])
  }
  return { baseUrl, apiKey }
}
