import type { Config } from '../core/config-schema.js'
import { ChorusError } from '../core/errors.js'
import { OPENAI_URL } from './openai-url.js'

export interface AsrAddress { readonly baseUrl: string, readonly apiKey: string }

/**
 * Where `asr.openai` is, with the key that belongs there.
 * @throws CHORUS_CONFIG_INVALID when OpenAI itself is asked for without a key
 */
export function findOpenAiAsr ({ asr, llm }: Config): AsrAddress {
  const llmUrl = llm.openai.baseUrl || OPENAI_URL
  const baseUrl = asr.openai.baseUrl || llmUrl
  // The key of one service is nothing that another one should see.
  const apiKey = asr.openai.apiKey || (baseUrl === llmUrl ? llm.openai.apiKey : '')
  if (baseUrl.replace(/\/+$/, '') === OPENAI_URL && apiKey === '') {
    throw new ChorusError('CHORUS_CONFIG_INVALID', ['asr.openai.apiKey', 'nothing', `a key for ${OPENAI_URL} (OPENAI_API_KEY will do), or another service as asr.openai.baseUrl`])
  }
  return { baseUrl, apiKey }
}
