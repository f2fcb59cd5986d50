import type { Llm, LlmRequest, ToolCall } from '../types.js'
import { replyInChinese } from './offline/chinese-replies.js'
import { deviceStep } from './offline/device-step.js'
import { replyInEnglish } from './offline/english-replies.js'
import { momentAt } from './offline/moment.js'

export interface OfflineLlmOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** As IANA names it: `Europe/Berlin`. The machine's own by default. */
  readonly timeZone?: string
  /** For questions without letters: "3 * 4". */
  readonly language?: 'en' | 'zh'
}

/** Answers by rules, without a model and without a network, so that a fresh installation talks. */
export class OfflineLlm implements Llm {
  readonly name = 'llm/offline'
  readonly #now: () => number
  readonly #timeZone: string
  readonly #isChinese: boolean

  constructor (options: OfflineLlmOptions = {}) {
    this.#now = options.now ?? Date.now
    this.#timeZone = options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
    this.#isChinese = options.language === 'zh'
  }

  /** Word by word, as models do, so that whatever reads it is exercised in the same way. */
  async * stream (request: LlmRequest): AsyncGenerator<string | ToolCall, void, void> {
    const answer = this.#answer(request)
    if (typeof answer !== 'string') {
      if (!request.signal.aborted) yield answer
      return
    }
    for (const word of answer.match(wordPattern) ?? []) {
      if (request.signal.aborted) return
      yield word
    }
  }

  async warm (): Promise<void> {}
  async close (): Promise<void> {}

  #answer ({ messages, tools = [] }: LlmRequest): string | ToolCall {
    const text = messages.findLast(message => message.role === 'user')?.content.trim().replace(oldHyphens, '$1$2') ?? ''
    const lastAnswer = messages.findLast(message => message.role === 'assistant')?.content ?? ''
    const question = { text, now: momentAt(this.#now(), this.#timeZone), lastAnswer }
    if (text === '') return this.#isChinese ? '你好。' : 'Hello.'
    const isChinese = this.#isInChinese(text)
    return deviceStep(messages, tools, isChinese) ?? (isChinese ? replyInChinese(question) : replyInEnglish(question))
  }

  #isInChinese (text: string): boolean {
    if (/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(text)) return false
    return /\p{Script=Han}/u.test(text) || (this.#isChinese && !/\p{L}{2}/u.test(text))
  }
}

// Moonshine writes as its training books do: "to-day".
const oldHyphens = /\b(to)-(day|morrow|night)\b/gi

// A word with the space after it; of Chinese, a character or two with its mark.
const wordPattern = /\s*(?:[\p{Script=Han}]{1,2}[^\p{Script=Han}\p{L}\p{N}\s]*|[^\s\p{Script=Han}]+\s*|\s+)/gu
