/** One way to do the work of a case, built outside of the timed body. */
export interface Variant {
  /** Operations in one call of `run`; the figures are per operation. */
  readonly operations: number
  /** The timed body. It consumes its results, so that nothing of it can be left out. */
  readonly run: () => void | Promise<void>
  /** Runs before each timed call, untimed. */
  readonly prepare?: () => void
  readonly close?: () => void | Promise<void>
}

export interface MicroCase {
  /** What one operation is. */
  readonly unit: string
  /** What the server does: this variant is followed over commits. */
  readonly ours: string
  /** The obvious way, to which the others are compared, where there is one. */
  readonly alternative?: string
  readonly variants: Readonly<Record<string, () => Variant | Promise<Variant>>>
}

/** The line that one process prints. Times are microseconds per operation. */
export interface MicroLine {
  readonly bench: string
  readonly case: string
  readonly unit: string
  readonly node: string
  readonly cpu: string
  readonly cores: number
  readonly commit: string
  readonly round: number
  readonly samples: number
  readonly operations: number
  readonly p50: number
  readonly p99: number
  readonly rme: number
  readonly gcs: number
}

let kept = 0

/** Uses a result in a way that the compiler cannot see through. */
export function consume (value: number): void { kept = (kept + value) | 0 }
export function consumed (): number { return kept }
