import type { ConformanceCase } from './conformance-case.js'

export interface Selection {
  readonly chosen: readonly ConformanceCase[]
  /** Words that name no case. */
  readonly unknown: readonly string[]
}

/** `T023`, or `T03*` for all that begin so. */
export function selectCases (cases: readonly ConformanceCase[], words: readonly string[]): Selection {
  if (words.length === 0) return { chosen: cases, unknown: [] }
  const matches = (word: string, { id }: ConformanceCase): boolean => word.endsWith('*')
    ? id.startsWith(word.slice(0, -1).toUpperCase())
    : id === word.toUpperCase()
  return {
    chosen: cases.filter(one => words.some(word => matches(word, one))),
    unknown: words.filter(word => !cases.some(one => matches(word, one)))
  }
}
