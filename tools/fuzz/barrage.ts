import type { Exchange } from './exchange.js'
import type { InputLog } from './input-log.js'
import { playExchange, type Ground } from './player.js'
import { Tally } from './tally.js'

export interface BarrageOptions {
  readonly ground: Ground
  readonly exchanges: Iterable<Exchange>
  /** Begun per second, whatever becomes of those before. */
  readonly perSecond: number
  /** Under way at once; one beyond them waits. */
  readonly lanes: number
  readonly endAtMs: number
  readonly log: InputLog | undefined
  readonly signal: AbortSignal
}

const TICK_MS = 20

/** Sends exchanges at a rate, until time is over or there are no more, and finishes those begun. */
export async function runBarrage (options: BarrageOptions): Promise<Tally> {
  const { ground, exchanges, perSecond, lanes, endAtMs, log, signal } = options
  const tally = new Tally()
  const underWay = new Set<Promise<void>>()
  const play = async (exchange: Exchange): Promise<void> => {
    log?.add(exchange)
    tally.add(exchange, await playExchange(exchange, ground))
  }
  const beganMs = performance.now()
  let count = 0
  for (const exchange of exchanges) {
    const dueMs = beganMs + 1000 * count++ / perSecond
    while (performance.now() < dueMs && !signal.aborted) await sleep(Math.min(TICK_MS, dueMs - performance.now()))
    if (underWay.size >= lanes) await Promise.race(underWay)
    if (signal.aborted || performance.now() >= endAtMs) break
    const playing = play(exchange).finally(() => { underWay.delete(playing) })
    underWay.add(playing)
  }
  await Promise.all(underWay)
  return tally
}

function sleep (ms: number): Promise<void> { return new Promise(resolve => { setTimeout(resolve, Math.max(0, ms)) }) }
