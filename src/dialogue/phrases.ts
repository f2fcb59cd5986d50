import type { Language } from '../providers/types.js'

const phrases = {
  oneMoment: { en: 'Let me take a look.', zh: '我看一看。', de: 'Ich schaue nach.', es: 'Voy a mirar.', fr: 'Je regarde.', ja: '見てみますね。', ko: '한번 볼게요.' }
} as const satisfies Readonly<Record<string, { readonly en: string } & Readonly<Record<string, string>>>>

/** What is said without a model; in English where the language has no words here. */
export function phraseIn (language: Language, name: keyof typeof phrases): string {
  const words: { readonly en: string } & Readonly<Record<string, string>> = phrases[name]
  return Object.hasOwn(words, language) ? words[language]! : words.en
}
