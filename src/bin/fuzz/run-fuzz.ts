import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { readInputs } from '../../../tools/fuzz/input-log.js'
import type { TallyFigures } from '../../../tools/fuzz/tally.js'
import { judge, type HealthyFigures, type ServerLook, type Verdict } from '../../../tools/fuzz/verdict.js'
import { Screen, type Output } from '../shared/screen.js'
import { UsageError } from '../shared/usage-error.js'
import { parseArguments, usage, type FuzzOptions } from './arguments.js'
import type { AttackOrder } from './attack-process.js'
import { runChild } from './child.js'
import { runHealthy } from './healthy.js'
import { printReport } from './report.js'
import { Subject } from './subject.js'

export interface FuzzEnvironment {
  readonly out: Output
  readonly error: Output
  readonly signal: AbortSignal
}

export interface FuzzResult {
  readonly bench: 'fuzz'
  readonly passed: boolean
  readonly verdicts: readonly Verdict[]
  readonly minutes: number
  readonly seed: number
  readonly perSecond: number
  readonly sent: TallyFigures
  readonly healthy: readonly HealthyFigures[]
  /** How much the server's own counters grew. */
  readonly counters: Readonly<Record<string, number>>
  readonly warnings: Readonly<Record<string, number>>
  readonly looks: { readonly atRest: ServerLook, readonly warm: ServerLook, readonly after: ServerLook | undefined }
  readonly log: string
}

const EXIT_PASSED = 0
const EXIT_FAILED = 1
const EXIT_USAGE = 2
const MIB = 2 ** 20
/** Until every worker has met its work, and the heaps have found their size. */
const WARM_MS = 60_000
/** Sessions whose device is gone give their seat back, and slow requests end. */
const SETTLE_MS = 60_000

/** A server under attack. Resolves with the exit code: 0 if every verdict passed. */
export async function runFuzz (args: readonly string[], environment: FuzzEnvironment): Promise<number> {
  const { out, error, signal } = environment
  try {
    const options = parseArguments(args)
    if (options.help) { out.write(usage); return EXIT_PASSED }
    if (options.replay !== undefined) checkReplay(options.replay)
    const screen = new Screen(options.isJson ? error : out)
    const result = await fuzz(options, screen, signal)
    if (options.isJson) out.write(`${JSON.stringify(result)}\n`)
    else printReport(screen, result)
    return result.passed ? EXIT_PASSED : EXIT_FAILED
  } catch (problem) {
    if (problem instanceof UsageError) {
      error.write(`${problem.message}\n\n${usage}`)
      return EXIT_USAGE
    }
    const reason = problem instanceof Error ? problem.message : String(problem)
    error.write(signal.aborted ? 'stopped\n' : `the run failed: ${reason}\n`)
    return EXIT_FAILED
  }
}

async function fuzz (options: FuzzOptions, screen: Screen, signal: AbortSignal): Promise<FuzzResult> {
  const { minutes, seed, perSecond, out } = options
  const log = path.join(out, 'inputs.jsonl')
  if (options.replay === undefined) mkdirSync(out, { recursive: true })
  screen.status('starting a server …')
  const subject = await Subject.start(options.serverSettings, text => { screen.status(text.slice(0, screen.columns - 1)) }, signal)
  try {
    const atRest = await subject.look()
    const before = await subject.health()
    screen.status(`attacked for ${minutes} minutes …`)
    const { sent, healthy, warm } = await attack(options, subject, log, signal)
    screen.status('waiting until the server is at rest …')
    const after = await subject.settle(look => isAtRest(look, atRest), SETTLE_MS)
    const counters = after === undefined ? {} : growthOf(before, await subject.health())
    const { ended, errors, warnings } = subject
    const limits = { lateMs: options.lateMs, maxGrowthBytes: options.maxGrowthMb * MIB }
    const verdicts = judge({ ended, errors, sent, atRest, warm: warm ?? atRest, after, healthy, isAttacked: perSecond > 0 }, limits)
    if (signal.aborted) verdicts.push({ name: 'not stopped', passed: false, detail: 'it was stopped before its time' })
    const passed = verdicts.every(verdict => verdict.passed)
    return { bench: 'fuzz', passed, verdicts, minutes, seed, perSecond, sent, healthy, counters, warnings, looks: { atRest, warm: warm ?? atRest, after }, log }
  } finally {
    screen.clearStatus()
    await subject.stop()
  }
}

interface Attacked { readonly sent: TallyFigures, readonly healthy: readonly HealthyFigures[], readonly warm: ServerLook | undefined }

async function attack (options: FuzzOptions, subject: Subject, log: string, signal: AbortSignal): Promise<Attacked> {
  const seconds = 60 * options.minutes
  const crowds = [
    { name: 'healthy', url: subject.url, devices: options.healthy, seconds, seed: 1 },
    { name: 'healthy, mqtt', url: subject.mqttUrl, devices: options.healthyMqtt, seconds, seed: 2 }
  ].filter(({ devices }) => devices > 0 && options.replay === undefined)
  const warming = lookLater(subject, Math.min(WARM_MS, 1000 * seconds / 2), signal)
  const [sent, warm, ...healthy] = await Promise.all([
    options.perSecond > 0 ? runAttackers(options, subject, log, signal) : Promise.resolve({}),
    warming,
    ...crowds.map(crowd => runHealthy(crowd, signal))
  ])
  return { sent, healthy, warm }
}

async function runAttackers (options: FuzzOptions, subject: Subject, logFile: string, signal: AbortSignal): Promise<TallyFigures> {
  const { seed, perSecond, lanes, localAddress, logMb, replay, last } = options
  const order: AttackOrder = {
    ground: { host: '127.0.0.1', ports: subject.ports, localAddress },
    seconds: replay === undefined ? 60 * options.minutes : Number.MAX_SAFE_INTEGER,
    perSecond,
    lanes,
    seed,
    logFile,
    logBytes: logMb * MIB,
    replay: replay === undefined ? undefined : { file: replay, last }
  }
  return await runChild<TallyFigures>(fileURLToPath(new URL('attack-process.js', import.meta.url)), [JSON.stringify(order)], signal)
}

/** Undefined when the server does not answer then. */
async function lookLater (subject: Subject, ms: number, signal: AbortSignal): Promise<ServerLook | undefined> {
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
  })
  return await subject.look().catch(() => undefined)
}

function isAtRest (look: ServerLook, atRest: ServerLook): boolean {
  const areGaugesDown = Object.entries(look.gauges).every(([name, value]) => value <= (atRest.gauges[name] ?? 0))
  return areGaugesDown && (look.sockets ?? 0) <= (atRest.sockets ?? Infinity)
}

function growthOf (before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): Record<string, number> {
  const isCounter = (name: string): boolean => !/(Ms|Us)$/.test(name)
  return Object.fromEntries(Object.entries(after).flatMap(([name, value]) => {
    const growth = value - (before[name] ?? 0)
    return growth > 0 && isCounter(name) ? [[name, growth] as const] : []
  }))
}

// Before a server is started for it.
function checkReplay (file: string): void {
  try {
    readInputs(file)
  } catch (error) {
    throw new UsageError(`--replay: ${error instanceof Error ? error.message : String(error)}`)
  }
}
