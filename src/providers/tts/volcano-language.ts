import type { Language } from '../types.js'

const names: Readonly<Record<string, string>> = { ja: 'ja', es: 'es-mx', id: 'id', pt: 'pt-br' }

/**
 * `explicit_language` of Volcano's voices, if one is needed: without it they speak Chinese and
 * English mixed, while `en` alone would leave out what is Chinese.
 */
export function explicitLanguage (language: Language): string | undefined {
  return Object.hasOwn(names, language) ? names[language] : undefined
}
