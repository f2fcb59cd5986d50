import { address, group, integer, secret, text } from './kinds.js'
import { ttsCloudServices } from './tts-cloud-services.js'

/** Voices over a network, each with its settings; `tts.provider` takes any of these names. */
export const ttsServices = {
  openai: group('An OpenAI-compatible speech service.', {
    baseUrl: address('', 'Address of the API, up to and including /v1. Empty: llm.openai.baseUrl.'),
    apiKey: secret('Key of the API. Empty: llm.openai.apiKey, if the address is the same as that of the language model.'),
    model: text('gpt-4o-mini-tts', 'Name of the model.', 1),
    voice: text('alloy', 'Name of the voice.', 1),
    sampleRateHz: integer(24000, 'Sample rate of the PCM that the service sends, in Hz.', { minimum: 8000, maximum: 48000 })
  }),
  ...ttsCloudServices
}
