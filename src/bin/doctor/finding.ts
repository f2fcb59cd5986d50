/** What a check found. */
export interface Finding {
  readonly name: string
  /** `warn`: Chorus runs, with less. `fail`: it does not. */
  readonly status: 'ok' | 'warn' | 'fail'
  readonly text: string
  /** What to do about it. */
  readonly advice?: string
}

export function ok (name: string, text: string): Finding { return { name, status: 'ok', text } }
export function warn (name: string, text: string, advice: string): Finding { return { name, status: 'warn', text, advice } }
export function fail (name: string, text: string, advice: string): Finding { return { name, status: 'fail', text, advice } }

/** Lines for people, in two columns. */
export function renderFindings (findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(finding => finding.name.length))
  return findings.map(({ name, status, text, advice }) => {
    const line = `${status.padEnd(4)}  ${name.padEnd(width)}  ${text}\n`
    return advice === undefined ? line : `${line}${' '.repeat(width + 8)}→ ${advice}\n`
  }).join('')
}
