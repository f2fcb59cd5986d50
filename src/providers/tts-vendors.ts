import type { Config } from '../core/config-schema.js'
import { OPENAI_URL } from './openai-url.js'
import type { Tts } from './types.js'
import type { Vendor } from './vendor.js'

type Name = Exclude<Config['tts']['provider'], 'auto' | 'flite' | 'espeak'>

/** Every voice over a network. Clients are loaded when they are made. */
export const ttsVendors: Readonly<Record<Name, Vendor<Tts>>> = {
  openai: {
    title: 'anything that speaks OpenAI\'s `/audio/speech` with PCM',
    wire: 'HTTP, streamed PCM',
    isTried: false,
    needs: [],
    describe: config => `${config.tts.openai.model} at ${openAiVoice(config).baseUrl}`,
    make: async config => {
      const { OpenAiTts } = await import('./tts/openai.js')
      const { model, voice, sampleRateHz } = config.tts.openai
      return new OpenAiTts({ ...openAiVoice(config), model, voice, sampleRateHz })
    }
  }
}

function openAiVoice ({ tts, llm }: Config): { readonly baseUrl: string, readonly apiKey: string } {
  const llmUrl = llm.openai.baseUrl || OPENAI_URL
  const baseUrl = tts.openai.baseUrl || llmUrl
  // The key of one service is nothing that another one should see.
  return { baseUrl, apiKey: tts.openai.apiKey || (baseUrl === llmUrl ? llm.openai.apiKey : '') }
}
