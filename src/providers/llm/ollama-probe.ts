import { request } from 'undici'

export interface Ollama {
  /** Without a path; its OpenAI-compatible side is `${url}/v1`. */
  readonly url: string
  /** The names of its chat models, the most recently used first, as Ollama lists them. */
  readonly models: readonly string[]
}

export const defaultOllamaUrl = 'http://127.0.0.1:11434'

// On the loopback it answers within a few milliseconds or is not there; start-up waits for this.
const PROBE_TIMEOUT_MS = 300
const MAX_ANSWER_BYTES = 1_000_000
const embedders = /embed|\bbge\b|minilm|rerank|\be5\b/i
const embedderFamilies = new Set(['bert', 'nomic-bert', 'nomic-bert-moe', 'xlm-roberta'])

/** Is there an Ollama, and what can it chat with? Undefined if there is none; never throws. */
export async function detectOllama (url: string = defaultOllamaUrl, signal?: AbortSignal): Promise<Ollama | undefined> {
  if (signal?.aborted === true) return undefined
  const base = url.replace(/\/+$/, '').replace(/\/v1$/, '')
  const controller = new AbortController()
  const abort = (): void => { controller.abort() }
  const timer = setTimeout(abort, PROBE_TIMEOUT_MS)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const { statusCode, body } = await request(`${base}/api/tags`, { signal: controller.signal, reset: true })
    let text = ''
    for await (const chunk of body) {
      text += String(chunk) // model names are ASCII: a character cut between chunks costs nothing
      if (statusCode !== 200 || text.length > MAX_ANSWER_BYTES) return undefined
    }
    const models = statusCode === 200 ? chatModelsIn(JSON.parse(text)) : undefined
    return models === undefined ? undefined : { url: base, models }
  } catch {
    return undefined // nobody there, too slow, or not an Ollama
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

function chatModelsIn (answer: unknown): string[] | undefined {
  if (!isRecord(answer) || !Array.isArray(answer.models)) return undefined
  return answer.models.filter(isRecord).filter(isChatModel).map(model => model.name as string)
}

function isChatModel (model: Readonly<Record<string, unknown>>): boolean {
  if (typeof model.name !== 'string' || embedders.test(model.name)) return false
  const family = isRecord(model.details) ? model.details.family : undefined
  return typeof family !== 'string' || !embedderFamilies.has(family)
}

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
