/** What every "OpenAI-compatible" address stands in for. */
export const OPENAI_URL = 'https://api.openai.com/v1'
