import type { CaseContext } from './case-context.js'
import type { Dialect } from './types.js'

/** One rule of the protocol, as something that can be tried. */
export interface ConformanceCase {
  /** As in the specification: `T023`, `OUT-01`. */
  readonly id: string
  readonly title: string
  /** Those that it means anything in; it is tried in the first one at least. All by default. */
  readonly dialects?: readonly Dialect[]
  /** It has nothing to do with dialects, and is tried once. */
  readonly isDialectFree?: boolean
  /** It measures time so finely, or loads the server so much, that nothing may run beside it. */
  readonly isAlone?: boolean
  /** Longest time that it may take. */
  readonly limitMs?: number
  /** The case that this one is another name of. */
  readonly sameAs?: string
  /** @throws Unmet when the rule is broken, NotApplicable when it cannot be tried here */
  readonly run: (context: CaseContext) => Promise<void>
}
