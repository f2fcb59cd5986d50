import type { JsonObject } from '../simulator/types.js'
import { Unmet } from './verdicts.js'

/** What came from the server, and when. */
export type Arrival =
  | { readonly kind: 'text', readonly atMs: number, readonly text: string, readonly json: JsonObject | undefined }
  /** `packet` is undefined when the header lies about it. */
  | { readonly kind: 'audio', readonly atMs: number, readonly bytes: Buffer, readonly packet: Buffer | undefined, readonly timestamp: number }
  | { readonly kind: 'ping', readonly atMs: number }
  /** Something that no device could read: a compressed or masked frame. */
  | { readonly kind: 'odd', readonly atMs: number, readonly what: string }
  | { readonly kind: 'close', readonly atMs: number, readonly code: number }
  | { readonly kind: 'end', readonly atMs: number }

export type Wanted = (arrival: Arrival) => boolean
export type Audio = Extract<Arrival, { kind: 'audio' }>
export type Text = Extract<Arrival, { kind: 'text' }>

const SHOWN = 14

/** All that one device received, in order; cases wait for what they expect in it. */
export class Arrivals {
  readonly list: Arrival[] = []
  readonly #openedAt = performance.now()
  readonly #waiting = new Set<() => void>()

  add (arrival: Arrival): void {
    this.list.push(arrival)
    for (const wake of [...this.#waiting]) wake()
  }

  get length (): number { return this.list.length }
  get hasEnded (): boolean { return this.list.some(({ kind }) => kind === 'end' || kind === 'close') }
  from (mark: number): readonly Arrival[] { return this.list.slice(mark) }

  /** @throws Unmet when it does not come in time, or never can */
  async expect (what: string, wanted: Wanted, withinMs: number, mark = 0): Promise<Arrival> {
    const until = performance.now() + withinMs
    for (;;) {
      const found = this.list.slice(mark).find(wanted)
      if (found !== undefined) return found
      const left = until - performance.now()
      if (this.list.some(({ kind }) => kind === 'end')) throw new Unmet(`expected ${what}; the connection ended; came ${this.describe(mark)}`)
      if (left <= 0) throw new Unmet(`expected ${what} within ${Math.round(withinMs)} ms; came ${this.describe(mark)}`)
      await this.#news(left)
    }
  }

  /** @throws Unmet when it comes all the same */
  async refuse (what: string, unwanted: Wanted, forMs: number, mark = 0): Promise<void> {
    const until = performance.now() + forMs
    for (;;) {
      const found = this.list.slice(mark).find(unwanted)
      if (found !== undefined) throw new Unmet(`expected no ${what}; came ${this.describe(mark)}`)
      const left = until - performance.now()
      if (left <= 0 || this.list.some(({ kind }) => kind === 'end')) return
      await this.#news(left)
    }
  }

  /** The times are those since the connection was opened. */
  describe (mark = 0): string {
    const lines: string[] = []
    let frames = 0
    for (const arrival of this.list.slice(mark)) {
      if (arrival.kind === 'audio') { frames++; continue }
      if (frames > 0) lines.push(`${frames} audio`)
      frames = 0
      lines.push(`${Math.round(arrival.atMs - this.#openedAt)} ms ${describe(arrival)}`)
    }
    if (frames > 0) lines.push(`${frames} audio`)
    if (lines.length === 0) return 'nothing'
    return lines.length > SHOWN ? `${lines.slice(0, SHOWN).join(', ')}, …` : lines.join(', ')
  }

  #news (withinMs: number): Promise<void> {
    return new Promise(resolve => {
      const done = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, withinMs)
      this.#waiting.add(done)
    })
  }
}

function describe (arrival: Arrival): string {
  if (arrival.kind !== 'text') return arrival.kind === 'close' ? `close ${arrival.code}` : arrival.kind === 'odd' ? arrival.what : arrival.kind
  const { type, state } = arrival.json ?? {}
  if (typeof type !== 'string') return `text ${JSON.stringify(arrival.text.slice(0, 60))}`
  const method = type === 'mcp' ? (arrival.json!['payload'] as JsonObject | undefined)?.['method'] : undefined
  return [type, state, method].filter(word => typeof word === 'string').join(' ')
}

export function isJson (type: string, state?: string): Wanted {
  return arrival => arrival.kind === 'text' && arrival.json?.['type'] === type && (state === undefined || arrival.json['state'] === state)
}
export const isAudio: Wanted = arrival => arrival.kind === 'audio'
export const isStart = isJson('tts', 'start')
export const isStop = isJson('tts', 'stop')
export const isSentence = isJson('tts', 'sentence_start')
export const isClosed: Wanted = arrival => arrival.kind === 'close' || arrival.kind === 'end'
export const isEnd: Wanted = arrival => arrival.kind === 'end'
