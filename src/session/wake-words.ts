/** What the user is taken to have said by waking the device: a greeting in a language. */
const GREETINGS: Readonly<Record<string, string>> = { zh: '嘿，你好呀', en: 'Hello' }

/** The language in which a wake word is answered: a Chinese one in Chinese, else the device's. */
export function languageOfWakeWord (text: string, language: string): string {
  return /\p{Script=Han}/u.test(text) && language !== 'yue' ? 'zh' : language
}

/** A wake word is no question: a model is given a greeting in its place. */
export function greetingFor (language: string): string { return GREETINGS[language] ?? GREETINGS['en']! }
