import type { Config } from '../core/config-schema.js'
import { ChorusError } from '../core/errors.js'
import { OPENAI_URL } from './openai-url.js'
import type { VoiceProtocol } from './tts/socket-voice.js'
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
  },
  edge: {
    title: 'Microsoft Edge',
    wire: 'WebSocket, MP3',
    isTried: false,
    needs: [],
    describe: ({ tts: { edge } }) => `${edge.voice} at ${edge.url}`,
    make: async ({ tts: { edge } }) => {
      const { EdgeProtocol } = await import('./tts/edge.js')
      return await socketVoice(new EdgeProtocol(edge), edge.idleMs)
    }
  },
  volcano: {
    title: 'Volcano Engine (Doubao, Huoshan), bidirectional stream',
    wire: 'WebSocket, binary frames, PCM',
    isTried: false,
    needs: ['tts.volcano.appId', 'tts.volcano.accessToken'],
    describe: ({ tts: { volcano } }) => `${volcano.voice} at ${volcano.url}`,
    make: async ({ tts: { volcano } }) => {
      const { VolcanoProtocol } = await import('./tts/volcano.js')
      return await socketVoice(new VolcanoProtocol(volcano), volcano.idleMs)
    }
  },
  doubao: {
    title: 'Volcano Engine (Doubao), HTTP version 1',
    wire: 'HTTP, PCM in base64',
    isTried: false,
    needs: ['tts.doubao.appId', 'tts.doubao.accessToken'],
    describe: ({ tts: { doubao } }) => `${doubao.voice} at ${doubao.url}`,
    make: async ({ tts: { doubao } }) => new (await import('./tts/doubao.js')).DoubaoTts(doubao)
  },
  aliyun: {
    title: 'Aliyun NLS',
    wire: 'HTTP, streamed PCM',
    isTried: false,
    needs: ['tts.aliyun.appKey'],
    describe: ({ tts: { aliyun } }) => `${aliyun.voice} at ${aliyun.url}`,
    make: async ({ tts: { aliyun } }) => {
      checkAliyunAccess('aliyun', aliyun)
      return new (await import('./tts/aliyun.js')).AliyunTts(aliyun)
    }
  },
  aliyunFlowing: {
    title: 'Aliyun NLS, flowing synthesis',
    wire: 'WebSocket, PCM',
    isTried: false,
    needs: ['tts.aliyunFlowing.appKey'],
    describe: ({ tts: { aliyunFlowing } }) => `${aliyunFlowing.voice} at ${aliyunFlowing.url}`,
    make: async ({ tts: { aliyunFlowing } }) => {
      checkAliyunAccess('aliyunFlowing', aliyunFlowing)
      const { AliyunFlowingProtocol } = await import('./tts/aliyun-flowing.js')
      return await socketVoice(new AliyunFlowingProtocol(aliyunFlowing), aliyunFlowing.idleMs)
    }
  },
  dashscope: {
    title: 'CosyVoice on DashScope',
    wire: 'WebSocket, PCM',
    isTried: false,
    needs: ['tts.dashscope.apiKey'],
    describe: ({ tts: { dashscope } }) => `${dashscope.model} at ${dashscope.url}`,
    make: async ({ tts: { dashscope } }) => {
      const { DashScopeProtocol } = await import('./tts/dashscope.js')
      return await socketVoice(new DashScopeProtocol(dashscope), dashscope.idleMs)
    }
  },
  minimax: {
    title: 'MiniMax',
    wire: 'HTTP, events with PCM',
    isTried: false,
    needs: ['tts.minimax.apiKey'],
    describe: ({ tts: { minimax } }) => `${minimax.model} at ${minimax.url}`,
    make: async ({ tts: { minimax } }) => new (await import('./tts/minimax.js')).MiniMaxTts(minimax)
  }
}

async function socketVoice (protocol: VoiceProtocol, idleMs: number): Promise<Tts> {
  const { SocketVoice } = await import('./tts/socket-voice.js')
  return new SocketVoice(protocol, idleMs)
}

/** @throws CHORUS_CONFIG_INVALID where there is neither a token nor what one is made from */
function checkAliyunAccess (name: string, { token, accessKeyId, accessKeySecret }: Readonly<Record<'token' | 'accessKeyId' | 'accessKeySecret', string>>): void {
  if (token !== '' || (accessKeyId !== '' && accessKeySecret !== '')) return
  const wanted = 'a token, or accessKeyId and accessKeySecret beside it'
  throw new ChorusError('CHORUS_CONFIG_INVALID', [`tts.${name}.token`, 'nothing', wanted])
}

function openAiVoice ({ tts, llm }: Config): { readonly baseUrl: string, readonly apiKey: string } {
  const llmUrl = llm.openai.baseUrl || OPENAI_URL
  const baseUrl = tts.openai.baseUrl || llmUrl
  // The key of one service is nothing that another one should see.
  return { baseUrl, apiKey: tts.openai.apiKey || (baseUrl === llmUrl ? llm.openai.apiKey : '') }
}
