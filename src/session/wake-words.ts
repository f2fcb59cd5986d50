import { isPhrase } from './phrases.js'

/** What the user is taken to have said by waking the device: a greeting in a language. */
const GREETINGS: Readonly<Record<string, string>> = { zh: '嘿，你好呀', en: 'Hello' }

/**
 * A wake word is no question: it becomes a greeting, as the replaced server does it. Punctuation,
 * spaces and case do not matter. Other texts are returned as they are.
 */
export function greetingForWakeWord (text: string, wakeWords: readonly string[], language: string): string {
  if (!isPhrase(text, wakeWords)) return text
  return GREETINGS[/\p{Script=Han}/u.test(text) ? 'zh' : language] ?? GREETINGS['en']!
}
