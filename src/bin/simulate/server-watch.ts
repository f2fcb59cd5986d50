export interface HealthFigures {
  /** How much each figure grew from the first look to the last. */
  readonly deltas: Readonly<Record<string, number>>
  /** The most that each figure was, at any look. */
  readonly peaks: Readonly<Record<string, number>>
  readonly failedLooks: number
}

const LOOK_EVERY_MS = 1000
const LOOK_TIMEOUT_MS = 5000

/** Looks at /healthz once a second. */
export class ServerWatch {
  readonly #url: string
  #first: Readonly<Record<string, number>> | undefined
  #last: Readonly<Record<string, number>> = {}
  #peaks: Record<string, number> = {}
  #failedLooks = 0
  #threads: ReadonlyMap<string, string> = new Map()
  #timer: NodeJS.Timeout | undefined

  constructor (url: string) {
    this.#url = url
  }

  /** @throws Error when nobody answers there. */
  async start (): Promise<void> {
    const figures = await this.#fetch().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`${this.#url} does not answer: ${reason}`, { cause: error })
    })
    this.#take(figures)
    this.#timer = setInterval(() => { void this.#look() }, LOOK_EVERY_MS)
  }

  /** Kinds of threads by their ids, as far as the server tells them. */
  get threads (): ReadonlyMap<string, string> { return this.#threads }

  /** Growth of a figure so far. */
  delta (name: string): number { return (this.#last[name] ?? 0) - (this.#first?.[name] ?? 0) }

  /** A last look, and what all of them showed. */
  async finish (): Promise<HealthFigures> {
    this.stop()
    await this.#look()
    const deltas = Object.fromEntries(Object.keys(this.#last).map(name => [name, this.delta(name)]))
    return { deltas, peaks: this.#peaks, failedLooks: this.#failedLooks }
  }

  stop (): void { clearInterval(this.#timer) }

  async #look (): Promise<void> {
    try {
      this.#take(await this.#fetch())
    } catch {
      this.#failedLooks++
    }
  }

  #take (figures: Readonly<Record<string, number>>): void {
    this.#first ??= figures
    this.#last = figures
    for (const [name, value] of Object.entries(figures)) this.#peaks[name] = Math.max(this.#peaks[name] ?? value, value)
  }

  async #fetch (): Promise<Readonly<Record<string, number>>> {
    const response = await fetch(this.#url, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) })
    const body: unknown = await response.json()
    if (!response.ok || typeof body !== 'object' || body === null) throw new Error(`status ${response.status}`)
    const { threads, ...figures } = body as Readonly<Record<string, unknown>>
    this.#threads = readThreads(threads)
    return flatten(figures, '')
  }
}

/** No counter: neither its growth nor its peak is that of the run. */
const isPercentile = (name: string): boolean => /^(p\d+|max)Ms$/.test(name)
/** A list of edges and counts. */
const isHistogram = (value: unknown): boolean => Array.isArray(value) && value.every(Array.isArray)

// Figures of a group are named by their path.
function flatten (body: object, prefix: string): Record<string, number> {
  return Object.fromEntries(Object.entries(body).flatMap(([name, value]: [string, unknown]) => {
    if (isPercentile(name) || isHistogram(value)) return []
    if (typeof value === 'number') return [[prefix + name, value] as const]
    return typeof value === 'object' && value !== null ? Object.entries(flatten(value, `${prefix}${name}.`)) : []
  }))
}

function readThreads (list: unknown): ReadonlyMap<string, string> {
  if (!Array.isArray(list)) return new Map()
  return new Map(list.flatMap((thread: { readonly kind?: unknown, readonly tid?: unknown } | null) => {
    return typeof thread?.kind === 'string' && typeof thread.tid === 'number' ? [[String(thread.tid), thread.kind] as const] : []
  }))
}
