import type { Screen } from '../shared/screen.js'
import type { ProcessUsage } from './process-usage.js'
import { percent, type SimulateResult } from './result.js'
import type { Percentiles } from './samples.js'

/** From here on the simulator's own lateness shows in the figures. */
const LOOP_DELAY_MS = 10
/** What a device has in its buffer. */
const LONGEST_DELAY_MS = 180
const NAME_COLUMNS = 26
const SHOWN_THREADS = 6

/** The table at the end. */
export function printResult (screen: Screen, result: SimulateResult): void {
  const { load, devices, seconds, ranSeconds } = result
  screen.line()
  screen.line(screen.paint('bold', `${devices} devices, ${seconds} s (${ranSeconds} s until the last answer), ${load.mode} mode`))
  row(screen, 'load', `${load.speechSeconds} s speech, ${load.answerSeconds} s answer, ${load.pauseSeconds} s pause; clips: ${load.clips.join(', ')}`)
  printTurns(screen, result)
  printFrames(screen, result)
  printServer(screen, result)
  printSimulator(screen, result)
  screen.line()
  if (result.passed) screen.line(screen.paint('green', 'passed'))
  else for (const failure of result.failures) screen.line(screen.paint('red', `failed: ${failure}`))
}

function printTurns (screen: Screen, result: SimulateResult): void {
  const { turns, firstAudioMs, transcriptMs, answerMs, bargeIn, transcripts, connectionErrors, replies } = result
  heading(screen, 'turns')
  row(screen, 'turns', `${turns.total}: ${turns.answered} answered, ${turns.unanswered} without an answer, ${turns.cut} cut`)
  row(screen, 'late or left out', `${turns.delayed} questions late, ${turns.missed} left out, ${turns.questionsCut} cut, ${turns.unasked} answers unasked`)
  row(screen, 'connection errors', `${connectionErrors.count}`)
  for (const [reason, count] of Object.entries(connectionErrors.reasons)) row(screen, '', `${count} × ${reason}`)
  row(screen, 'first audio', times(firstAudioMs))
  row(screen, 'transcript', times(transcriptMs))
  row(screen, 'length of answers', times(answerMs))
  if (turns.interrupted > 0) {
    row(screen, 'interrupted', `${turns.interrupted}`)
    row(screen, '  until tts stop', times(bargeIn.stopMs))
    row(screen, '  until the last frame', times(bargeIn.lastFrameMs))
  }
  const { compared, wrong, words, wordErrors, examples } = transcripts
  row(screen, 'transcripts', compared === 0 ? 'none to compare' : `${compared} compared, ${wrong} wrong (${wordErrors} of ${words} words)`)
  for (const { said, heard, clip } of examples) row(screen, '', `${clip}: "${heard}" for "${said}"`)
  if (replies.kept > 0) row(screen, 'replies kept', `${replies.kept}, ${replies.silent} of them silent`)
}

function printFrames (screen: Screen, { frames, server }: SimulateResult): void {
  const deltas = server.health?.deltas
  heading(screen, 'frames')
  row(screen, 'received', `${frames.received}`)
  row(screen, 'late, as devices saw it', `${frames.late}`)
  if (deltas !== undefined) row(screen, 'late, as the server saw it', `${deltas['lateFrames'] ?? '?'} of ${deltas['frames'] ?? '?'} sent`)
  row(screen, 'underruns, by devices', `${frames.underruns} (${percent(frames.underrunShare)} of the frames), ${frames.underrunMs} ms of silence`)
  if (deltas !== undefined) row(screen, 'underruns, by the server', `${deltas['underruns'] ?? '?'}`)
  row(screen, 'lost by devices', `${frames.lostBeforeSpeaking} too early, ${frames.lostAfterSpeaking} too late, ${frames.overflow} too many, ${frames.malformed} malformed`)
}

function printServer (screen: Screen, { server, mockAi, ranSeconds }: SimulateResult): void {
  heading(screen, 'server')
  if (server.health !== null) {
    const { peaks, deltas } = server.health
    row(screen, 'at most', ['sessions', 'slots', 'pages', 'queuedJobs'].map(name => `${peaks[name] ?? '?'} ${name}`).join(', '))
    if ((deltas['badPackets'] ?? 0) > 0) row(screen, 'bad packets', `${deltas['badPackets']}`)
  }
  if (server.usage !== null) usage(screen, server.usage, ranSeconds)
  if (server.health === null && server.usage === null) row(screen, 'figures', 'none: it was started elsewhere; --health asks it for some')
  row(screen, 'complaints', `${server.complaints.count}`)
  for (const text of server.complaints.examples) row(screen, '', text)
  if (mockAi === null) return
  row(screen, 'mock AI service', Object.entries(mockAi.requests).map(([name, count]) => `${count} ${name}`).join(', '))
  if (mockAi.usage !== null) row(screen, '', cpu(mockAi.usage.cpuSeconds, ranSeconds))
}

function printSimulator (screen: Screen, { simulator, ranSeconds, cpu: model, cores, node, commit, loadBefore }: SimulateResult): void {
  heading(screen, 'here')
  if (simulator.usage !== null) row(screen, 'the devices', cpu(simulator.usage.cpuSeconds, ranSeconds))
  const isLate = simulator.loopDelayP99Ms > LOOP_DELAY_MS || simulator.loopDelayMaxMs > LONGEST_DELAY_MS
  const delay = `${simulator.loopDelayP99Ms} ms late in one of 100 moments, once ${simulator.loopDelayMaxMs} ms`
  row(screen, '', isLate ? screen.paint('yellow', `${delay}: what devices saw as late may be their own lateness`) : delay)
  row(screen, 'machine', `${model}, ${cores} cores, load ${loadBefore} before; Node.js ${node}; commit ${commit ?? 'unknown'}`)
}

function usage (screen: Screen, { cpuSeconds, byThread, residentMb, peakMb }: ProcessUsage, seconds: number): void {
  row(screen, 'processor', cpu(cpuSeconds, seconds))
  for (const thread of byThread.slice(0, SHOWN_THREADS)) {
    if (thread.cpuSeconds > 0) row(screen, `  ${thread.name}, nice ${thread.nice}`, `${cpu(thread.cpuSeconds, seconds)}, ${thread.threads} threads`)
  }
  row(screen, 'memory', `${residentMb} MB resident, ${peakMb} MB at most`)
}

function cpu (cpuSeconds: number, seconds: number): string {
  return `${cpuSeconds.toFixed(1)} s of processor time (${(100 * cpuSeconds / Math.max(seconds, 0.001)).toFixed(1)} % of a core)`
}

function times ({ count, p50, p95, p99, max }: Percentiles): string {
  if (count === 0) return 'none'
  return `p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms, at most ${max} ms (${count})`
}

function heading (screen: Screen, name: string): void {
  screen.line()
  screen.line(screen.paint('dim', name))
}

function row (screen: Screen, name: string, text: string): void {
  screen.line(`  ${name.padEnd(NAME_COLUMNS)} ${text}`)
}
