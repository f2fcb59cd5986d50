import { writeFile } from 'node:fs/promises'

import type { TurnRecord } from '../../../tools/simulator/types.js'
import { formatWav } from '../../../tools/simulator/wav.js'
import { resample } from '../shared/resample.js'
import { Screen, type Output } from '../shared/screen.js'
import { ServerProcess } from '../shared/server-process.js'
import { UsageError } from '../shared/usage-error.js'
import { parseArguments, usage, type DemoOptions } from './arguments.js'
import { runConversation } from './conversation.js'
import { JsonReport } from './json-report.js'
import { readQuestions, type Question } from './question.js'
import type { Report } from './report.js'
import { ScreenReport } from './screen-report.js'
import { measureTurn } from './turn-figures.js'

export interface DemoEnvironment {
  readonly out: Output
  readonly error: Output
  readonly signal: AbortSignal
  /** The server to start, other than that of this build. */
  readonly serverScript?: string
}

const EXIT_HEARD = 0
const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** One conversation with a server. Resolves with the exit code: 0 only if a reply was heard. */
export async function runDemo (args: readonly string[], environment: DemoEnvironment): Promise<number> {
  let options: DemoOptions
  let questions: Question[]
  try {
    options = parseArguments(args)
    if (options.help) {
      environment.out.write(usage)
      return EXIT_HEARD
    }
    questions = readQuestions(options)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    environment.error.write(`${error.message}\n\n${usage}`)
    return EXIT_USAGE
  }
  const report = makeReport(options, environment)
  try {
    const turns = await talk(options, questions, report, environment)
    await writeReply(options.out, turns, report)
    if (turns.some(turn => measureTurn(turn).peak > 0)) return EXIT_HEARD
    environment.error.write('no reply was heard: the device played no sound\n')
  } catch (error) {
    report.stop()
    const reason = error instanceof Error ? error.message : String(error)
    environment.error.write(environment.signal.aborted ? 'stopped\n' : `the conversation failed: ${reason}\n`)
  }
  return EXIT_FAILED
}

async function talk (
  options: DemoOptions, questions: readonly Question[], report: Report, environment: DemoEnvironment
): Promise<TurnRecord[]> {
  const server = options.url === undefined ? await startServer(report, environment) : undefined
  try {
    return await runConversation({
      url: options.url ?? server!.url,
      token: options.token,
      otaUrl: server?.httpUrl === undefined ? undefined : `${server.httpUrl}/xiaozhi/ota/`,
      mode: options.mode,
      questions,
      signal: environment.signal
    }, report)
  } finally {
    report.stop()
    await server?.stop()
  }
}

async function startServer (report: Report, environment: DemoEnvironment): Promise<ServerProcess> {
  const beganMs = performance.now()
  report.onServer('starting a server')
  const { serverScript: script, signal } = environment
  const server = await ServerProcess.start(
    { onProgress: text => report.onServer(text), onExit: reason => report.onServer(reason) },
    { signal, script }
  )
  report.onServer(`ready in ${((performance.now() - beganMs) / 1000).toFixed(1)} s at ${server.url}`)
  return server
}

// The turns one after the other; a server may change its rate between them.
async function writeReply (file: string, turns: readonly TurnRecord[], report: Report): Promise<void> {
  const rate = turns[0]?.sampleRate ?? 24000
  const parts = turns.map(turn => resample(turn.played, turn.sampleRate, rate))
  const samples = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    samples.set(part, at)
    at += part.length
  }
  await writeFile(file, formatWav(samples, rate))
  report.onReplyFile(file, samples.length / rate)
}

function makeReport ({ isJson, mode }: DemoOptions, { out }: DemoEnvironment): Report {
  return isJson ? new JsonReport(out) : new ScreenReport(new Screen(out), mode)
}
