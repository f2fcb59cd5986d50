import { wordsOfQuestion } from '../protocol/question-text.js'

/** What is left of a text when punctuation, spaces and case do not matter. */
export function plain (text: string): string {
  return text.toLowerCase().replace(/[\p{P}\p{S}\s]+/gu, '')
}

/** Is the text one of the phrases, and nothing else? */
export function isPhrase (text: string, phrases: readonly string[]): boolean {
  const words = plain(wordsOfQuestion(text))
  return words !== '' && phrases.some(phrase => plain(phrase) === words)
}
