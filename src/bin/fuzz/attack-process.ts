// The attackers' process: what to do comes as JSON in the only argument, what came of it leaves as
// one line of JSON.
import { setPriority } from 'node:os'

import { attacksOf } from '../../../tools/fuzz/attacks/index.js'
import { runBarrage } from '../../../tools/fuzz/barrage.js'
import { InputLog, readInputs } from '../../../tools/fuzz/input-log.js'
import type { Ground } from '../../../tools/fuzz/player.js'
import { fetchVisionToken } from '../../../tools/fuzz/vision-token.js'

export interface AttackOrder {
  readonly ground: Omit<Ground, 'visionToken'>
  readonly seconds: number
  readonly perSecond: number
  readonly lanes: number
  readonly seed: number
  readonly logFile: string
  readonly logBytes: number
  readonly replay: { readonly file: string, readonly last: number | undefined } | undefined
}

/** Beneath the server and the devices: an attacker elsewhere would take none of their time. */
const NICENESS = 10

const order = JSON.parse(process.argv[2] ?? '') as AttackOrder
const controller = new AbortController()
process.once('SIGTERM', () => { controller.abort() })
process.once('SIGINT', () => { controller.abort() })
setPriority(NICENESS)
const { replay, perSecond, lanes, seed, seconds, logFile, logBytes } = order
const replayed = replay === undefined ? undefined : readInputs(replay.file).slice(-(replay.last ?? Infinity))
const ground = { ...order.ground, visionToken: await fetchVisionToken(order.ground) }
const tally = await runBarrage({
  ground,
  exchanges: replayed ?? attacksOf(seed),
  perSecond,
  lanes,
  endAtMs: performance.now() + 1000 * seconds,
  log: replayed === undefined ? new InputLog(logFile, logBytes) : undefined, // what is replayed is not lost by that
  signal: controller.signal
})
process.stdout.write(`${JSON.stringify(tally.figures)}\n`)
