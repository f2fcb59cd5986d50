import type { Exchange } from './exchange.js'
import type { Outcome } from './player.js'

/** What became of all inputs of one kind. */
export interface KindFigures {
  exchanges: number
  /** More, where an exchange has copies. */
  connections: number
  /** Sends, each of them a frame, a packet, a datagram or a request. */
  inputs: number
  bytes: number
  refused: number
  /** By the server, before the attacker was done. */
  closed: number
  kept: number
  /** HTTP answers by their status. */
  readonly statuses: Record<string, number>
}

export type TallyFigures = Readonly<Record<string, KindFigures>>

export class Tally {
  readonly #kinds: Record<string, KindFigures> = {}

  get figures (): TallyFigures { return this.#kinds }

  add ({ kind, steps }: Exchange, outcomes: readonly Outcome[]): void {
    const none = { exchanges: 0, connections: 0, inputs: 0, bytes: 0, refused: 0, closed: 0, kept: 0, statuses: {} }
    const figures = this.#kinds[kind] ??= none
    figures.exchanges++
    figures.inputs += outcomes.length * steps.filter(step => 'bytes' in step).length
    for (const { end, sentBytes, status } of outcomes) {
      figures.connections++
      figures.bytes += sentBytes
      figures[end]++
      if (status !== undefined) figures.statuses[status] = (figures.statuses[status] ?? 0) + 1
    }
  }
}

/** How often the server answered with this status, over all kinds. */
export function countStatus (figures: TallyFigures, status: number): number {
  return Object.values(figures).reduce((sum, { statuses }) => sum + (statuses[status] ?? 0), 0)
}
