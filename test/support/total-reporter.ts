import type { TestEvent } from 'node:test/reporters'

/** The last line of a test run, for people and for scripts: `12 passed, 0 failed`. */
export default async function * reportTotal (source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const totals = new Map<string, number>()
  for await (const event of source) {
    // The totals come as remarks on the run as a whole: "pass 12".
    if (event.type !== 'test:diagnostic' || event.data.nesting !== 0) continue
    const match = /^(pass|fail|cancelled|skipped) (\d+)$/.exec(event.data.message)
    if (match !== null) totals.set(match[1]!, Number(match[2]))
  }
  const failed = (totals.get('fail') ?? 0) + (totals.get('cancelled') ?? 0)
  const skipped = totals.get('skipped') ?? 0
  yield `\n${totals.get('pass') ?? 0} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`
}
