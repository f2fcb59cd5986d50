export interface Stopping {
  /** A signal came. */
  readonly isAsked: boolean
  hasBegun: boolean
}

/** SIGTERM and SIGINT may come twice, once to the group and once from npm: the first one counts. */
export function onSignals (stop: (signal: string) => void): Stopping {
  const stopping = { isAsked: false, hasBegun: false }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping.isAsked) return
      stopping.isAsked = true
      stop(signal)
    })
  }
  return stopping
}
