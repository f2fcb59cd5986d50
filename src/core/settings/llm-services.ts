import { address, group, integer, number, secret, text } from './kinds.js'

/** Language models over a network with their settings; `llm.provider` takes any of these names. */
export const llmServices = {
  openai: group('An OpenAI-compatible service.', {
    baseUrl: address('', 'Address of the API, up to and including /v1. Empty: OPENAI_BASE_URL, else that of OpenAI.'),
    apiKey: secret('Key of the API. Empty: OPENAI_API_KEY.'),
    model: text('', 'Name of the model. Empty: gpt-4o-mini at OpenAI, elsewhere the first chat model that the service lists.'),
    temperature: number(0.7, 'Sampling temperature, 0 to 2.', { minimum: 0, maximum: 2 }),
    maxTokens: integer(512, 'Longest answer, in tokens.', { minimum: 1, maximum: 32768 })
  })
}
