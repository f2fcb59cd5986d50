import type { Figure } from '../report/result.js'

/** Something that is told for each part of a run, too: their extremes are its spread. */
export function figureOf (name: string, unit: string, whole: number, parts: readonly number[]): Figure {
  const known = parts.filter(Number.isFinite)
  if (known.length < 2) return { name, value: tidy(whole), unit }
  return { name, value: tidy(whole), unit, spread: [tidy(Math.min(...known)), tidy(Math.max(...known))] }
}

/** Four significant digits. */
export function tidy (value: number): number { return Number.isFinite(value) ? Number(value.toPrecision(4)) : value }
