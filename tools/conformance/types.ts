/** A way in which devices frame and carry what they say. */
export type Dialect = 'ws1' | 'ws2' | 'ws3' | 'gateway' | 'mqtt'

export const dialects: readonly Dialect[] = ['ws1', 'ws2', 'ws3', 'gateway', 'mqtt']

export type Outcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed', readonly reason: string }
  | { readonly kind: 'not-applicable', readonly reason: string }

export interface CaseResult {
  readonly id: string
  readonly title: string
  /** `any`: it has nothing to do with dialects. */
  readonly dialect: Dialect | 'any'
  readonly outcome: Outcome
  readonly tookMs: number
}

/** Times of the server under test, which its settings may shorten. */
export interface ServerTimers {
  /** A device that says no hello is closed after this. */
  readonly helloMs: number
  /** A device that is silent, or says nothing but noise, is closed after this. */
  readonly idleMs: number
  /** How long the answers are that shall show drift. */
  readonly longAnswerS: number
}
