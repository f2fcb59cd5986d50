import { isJsonObject, parseJson, textOf } from './json-object.js'

// Spaces, marks, and emoji with what joins and colours them; © ® ™ are text by custom.
const EDGE = /^(?:[\s，,。.！!“”"：:\-－、[\]【】\u{200d}\u{fe0f}\u{20e3}\u{1f3fb}-\u{1f3ff}\u{1f1e6}-\u{1f1ff}]|(?![©®™])\p{Extended_Pictographic})$/u

/**
 * The words of a question: recognisers that know who spoke put them into
 * `{"speaker":"…","content":"…"}`.
 */
export function wordsOfQuestion (text: string): string {
  const value = text.trimStart().startsWith('{') ? parseJson(text) : undefined
  return (isJsonObject(value) ? textOf(value['content']) : undefined) ?? text
}

/** A question as screens show it: its words, without the marks and emoji around them. */
export function shownQuestion (text: string): string {
  const words = wordsOfQuestion(text)
  const characters = Array.from(words)
  const from = characters.findIndex(isInner)
  if (from < 0) return words // of nothing but marks something is shown all the same
  return characters.slice(from, characters.findLastIndex(isInner) + 1).join('')
}

function isInner (character: string): boolean { return !EDGE.test(character) }
