import type { Config } from '../core/config-schema.js'
import { OPENAI_URL } from './openai-url.js'
import type { Llm } from './types.js'
import type { Vendor } from './vendor.js'

type Name = Exclude<Config['llm']['provider'], 'auto' | 'offline'>

/** Small, quick and cheap: what a spoken answer wants. */
const OPENAI_MODEL = 'gpt-4o-mini'

/** Every language model over a network. Clients are loaded when they are made. */
export const llmVendors: Readonly<Record<Name, Vendor<Llm>>> = {
  openai: {
    title: 'anything that speaks OpenAI\'s chat completions',
    wire: 'HTTP, server-sent events',
    isTried: false,
    needs: [],
    describe: ({ llm }) => `${llm.openai.model || 'its model'} at ${llm.openai.baseUrl || OPENAI_URL}`,
    make: async ({ llm }) => {
      const { OpenAiLlm } = await import('./llm/openai.js')
      const { apiKey, temperature, maxTokens } = llm.openai
      const baseUrl = llm.openai.baseUrl || OPENAI_URL
      const model = llm.openai.model || await defaultModel(baseUrl, apiKey)
      return new OpenAiLlm({ baseUrl, apiKey, model, temperature, maxTokens })
    }
  }
}

// Only OpenAI itself is known to have that model; any other server is asked what it has.
export async function defaultModel (baseUrl: string, apiKey: string): Promise<string> {
  if (baseUrl === OPENAI_URL) return OPENAI_MODEL
  const { firstModel } = await import('./llm/first-model.js')
  return await firstModel(baseUrl, apiKey) ?? OPENAI_MODEL
}
