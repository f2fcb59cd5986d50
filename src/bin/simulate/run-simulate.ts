import { Screen, type Output } from '../shared/screen.js'
import { UsageError } from '../shared/usage-error.js'
import { parseArguments, usage, type SimulateOptions } from './arguments.js'
import { loadClips, type FleetClip } from './clips.js'
import { readSocketLimit } from './machine.js'
import { printResult } from './report.js'
import type { SimulateResult } from './result.js'
import { Run } from './run.js'

export interface SimulateEnvironment {
  readonly out: Output
  readonly error: Output
  readonly signal: AbortSignal
  /** The server to start, other than that of this build. */
  readonly serverScript?: string
}

const EXIT_PASSED = 0
const EXIT_FAILED = 1
const EXIT_USAGE = 2
/** Files and sockets that are no devices. */
const OTHER_FILES = 64

/** A fleet against a server. Resolves with the exit code: 0 if every question got its answer. */
export async function runSimulate (args: readonly string[], environment: SimulateEnvironment): Promise<number> {
  const { out, error, signal } = environment
  try {
    const options = parseArguments(args)
    if (options.help) {
      out.write(usage)
      return EXIT_PASSED
    }
    checkSocketLimit(options)
    const clips = loadClips(options.wavs, options.speechSeconds)
    const result = await simulate(options, clips, environment)
    if (options.isJson) out.write(`${JSON.stringify(result)}\n`)
    else printResult(new Screen(out), result)
    return result.passed ? EXIT_PASSED : EXIT_FAILED
  } catch (problem) {
    if (problem instanceof UsageError) {
      error.write(`${problem.message}\n\n${usage}`)
      return EXIT_USAGE
    }
    const reason = problem instanceof Error ? problem.message : String(problem)
    error.write(signal.aborted ? 'stopped\n' : `the simulation failed: ${reason}\n`)
    return EXIT_FAILED
  }
}

async function simulate (options: SimulateOptions, clips: readonly FleetClip[], environment: SimulateEnvironment): Promise<SimulateResult> {
  const { out, error, signal, serverScript } = environment
  const run = new Run(options, clips, new Screen(options.isJson ? error : out), signal)
  try {
    await run.prepare(serverScript)
    return await run.measure()
  } finally {
    await run.close()
  }
}

function checkSocketLimit ({ devices }: SimulateOptions): void {
  const limit = readSocketLimit()
  if (limit === undefined || devices + OTHER_FILES <= limit) return
  throw new UsageError(`${devices} devices need as many sockets, and this process may have ${limit}: raise it with "ulimit -n ${devices + 1024}"`)
}
