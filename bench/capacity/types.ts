import type { BenchResult } from '../report/result.js'

export type Asr = 'mock' | 'local'

export interface LoadRunOptions {
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly asr: Asr
  readonly seed: number
}

/** A server under so many devices, once, from its start to its end. */
export type LoadRun = (devices: number, options: LoadRunOptions) => Promise<BenchResult>

/** A figure by its name, and what it must keep to. */
export interface ServiceBound { readonly figure: string, readonly unit: string, readonly most: number }

/** A bound that a run broke, and by what. NaN is written as null. */
export interface BrokenBound { readonly figure: string, readonly unit: string, readonly value: number, readonly most: number }

/** What a run says of the server: in one that is invalid the load was the limit. */
export type Verdict =
  | { readonly kind: 'holds' }
  | { readonly kind: 'broken', readonly bounds: readonly BrokenBound[] }
  | { readonly kind: 'invalid', readonly reasons: readonly string[] }

export type Phase = 'growing' | 'narrowing' | 'certifying'

/** One run of the search. */
export interface Attempt {
  readonly phase: Phase
  readonly devices: number
  readonly verdict: Verdict
  /** Missing where the run came to no result. */
  readonly result?: BenchResult
}

/** What ended the search. */
export type Limit =
  /** The server, with what broke there. */
  | { readonly kind: 'server', readonly devices: number, readonly first: BrokenBound, readonly others: readonly BrokenBound[] }
  /** The generator or the mock service: the server may bear more. */
  | { readonly kind: 'load', readonly devices: number, readonly reasons: readonly string[] }
  /** As many as were to be tried. */
  | { readonly kind: 'none', readonly devices: number }
