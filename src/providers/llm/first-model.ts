import { Agent, fetch } from 'undici'

const TIMEOUT_MS = 3000

/** Model names that do not chat, by what servers call them. */
const NOT_CHAT = /embed|whisper|tts|audio|image|dall-e|moderation|rerank|realtime|transcribe/i

/**
 * The first chat model that an OpenAI-compatible server lists (`GET /models`), or undefined when it
 * does not tell within 3 s.
 */
export async function firstModel (baseUrl: string, apiKey: string): Promise<string | undefined> {
  const agent = new Agent()
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/models`, {
      dispatcher: agent,
      headers: apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(TIMEOUT_MS)
    })
    if (!response.ok) return undefined
    return namesIn(await response.json()).find(name => !NOT_CHAT.test(name))
  } catch {
    return undefined // down, or no such list: the first turn will say what is wrong
  } finally {
    await agent.destroy()
  }
}

function namesIn (answer: unknown): string[] {
  const data = typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : undefined
  if (!Array.isArray(data)) return []
  return data.flatMap((model: unknown) => typeof model === 'object' && model !== null && 'id' in model && typeof model.id === 'string' ? [model.id] : [])
}
