import { address, group, secret, text } from './kinds.js'

/** Recognisers over a network, each with its settings; `asr.provider` takes any of these names. */
export const asrServices = {
  openai: group('An OpenAI-compatible transcription service.', {
    baseUrl: address('', 'Address of the API, up to and including /v1. Empty: llm.openai.baseUrl.'),
    apiKey: secret('Key of the API. Empty: llm.openai.apiKey, if the address is the same as that of the language model.'),
    model: text('whisper-1', 'Name of the model.', 1)
  })
}
