/** The server broke the rule: what was expected, and what came instead. */
export class Unmet extends Error {
  override readonly name = 'Unmet'
}

/** The rule cannot be tried against this server. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable'
}

/** @throws Unmet */
export function check (isMet: boolean, expected: string, came?: unknown): asserts isMet {
  if (!isMet) throw new Unmet(came === undefined ? `expected ${expected}` : `expected ${expected}; came ${show(came)}`)
}

/** @throws Unmet */
export function checkEqual (actual: unknown, expected: unknown, what: string): void {
  check(actual === expected, `${what} ${show(expected)}`, actual)
}

export function show (value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? String(value)
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
