/** How long a kind of trouble is told once only. */
const QUIET_MS = 10_000
const MAX_KINDS = 100

type Warn = (what: string, why: string) => void

/**
 * Tells each kind of trouble at once, and then at most every 10 s, with how often it came: whoever
 * can make requests could otherwise fill the log.
 */
export function quietWarnings (warn: Warn, now: () => number = () => performance.now()): Warn {
  const told = new Map<string, { atMs: number, since: number }>()
  return (what, why) => {
    const last = told.get(what)
    if (last !== undefined && now() - last.atMs < QUIET_MS) {
      last.since++
      return
    }
    if (told.size >= MAX_KINDS) told.clear()
    told.set(what, { atMs: now(), since: 0 })
    warn(what, last === undefined || last.since === 0 ? why : `${why} (and ${last.since} times more since it was told last)`)
  }
}
