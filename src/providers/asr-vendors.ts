import type { Config } from '../core/config-schema.js'
import { findOpenAiAsr } from './openai-asr-address.js'
import type { Asr } from './types.js'
import type { Vendor } from './vendor.js'

type Name = Exclude<Config['asr']['provider'], 'auto' | 'moonshine' | 'sense-voice' | 'whisper' | 'streaming'>

/** Every recognition service. Clients are loaded when they are made, so anybody may look here. */
export const asrVendors: Readonly<Record<Name, Vendor<Asr>>> = {
  openai: {
    title: 'anything that speaks OpenAI\'s `/audio/transcriptions`',
    wire: 'HTTP, WAV or Ogg Opus',
    isTried: false,
    needs: [],
    describe: config => `${config.asr.openai.model} at ${findOpenAiAsr(config).baseUrl}`,
    make: async config => {
      const { OpenAiAsr } = await import('./asr/openai.js')
      const { timeoutMs, maxAnswerBytes } = config.asr.service
      return new OpenAiAsr({ ...findOpenAiAsr(config), model: config.asr.openai.model, timeoutMs, maxAnswerBytes })
    }
  }
}
