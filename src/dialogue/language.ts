import type { Language } from '../providers/types.js'

// Kana before Han: Japanese is written with both, Chinese with Han alone.
const scripts: ReadonlyArray<readonly [RegExp, Language]> = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, 'ja'],
  [/\p{Script=Hangul}/u, 'ko'],
  [/\p{Script=Han}/u, 'zh']
]

/**
 * The language whose script the text shows; Latin and everything else tells nothing: `fallback`.
 */
export function languageOf (text: string, fallback: Language = 'en'): Language {
  return scripts.find(([script]) => script.test(text))?.[1] ?? fallback
}
