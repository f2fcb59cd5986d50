import { countStatus, type TallyFigures } from './tally.js'

/** What was seen of the server's process at one moment. */
export interface ServerLook {
  /** Undefined where the system does not tell. */
  readonly rssBytes: number | undefined
  readonly sockets: number | undefined
  /** Ids of its threads, where it tells them. */
  readonly threads: readonly number[]
  /** What returns to where it was once everybody has left, as /healthz has it. */
  readonly gauges: Readonly<Record<string, number>>
}

/** What devices that do nothing wrong saw meanwhile. */
export interface HealthyFigures {
  readonly name: string
  readonly answered: number
  readonly unanswered: number
  readonly cut: number
  /** Questions that waited for an answer that should have been over, and those that fell out. */
  readonly delayed: number
  readonly missed: number
  readonly underruns: number
  readonly connectionErrors: number
  readonly slowestFirstAudioMs: number | null
}

export interface Evidence {
  /** Why the server's process ended, if it did. */
  readonly ended: string | undefined
  /** Of its log. */
  readonly errors: readonly string[]
  readonly sent: TallyFigures
  readonly atRest: ServerLook
  readonly warm: ServerLook
  /** After everybody left; undefined if it could not be asked any more. */
  readonly after: ServerLook | undefined
  readonly healthy: readonly HealthyFigures[]
  /** False: nobody was meant to. */
  readonly isAttacked: boolean
}

export interface Limits {
  /** First audio later than this after the end of a question is late. */
  readonly lateMs: number
  readonly maxGrowthBytes: number
}

export interface Verdict {
  readonly name: string
  readonly passed: boolean
  readonly detail: string
}

const INTERNAL_ERROR = 500
/** Connections of whoever asks for /healthz. */
const OWN_SOCKETS = 2
const MIB = 2 ** 20

/** All that has to be true of a run. */
export function judge (evidence: Evidence, limits: Limits): Verdict[] {
  const { ended, errors, sent, healthy } = evidence
  const exchanges = Object.values(sent).reduce((sum, figures) => sum + figures.exchanges, 0)
  const failures = countStatus(sent, INTERNAL_ERROR)
  return [
    verdict('attacked', exchanges > 0 || !evidence.isAttacked, `${exchanges} exchanges`),
    verdict('server alive', ended === undefined && evidence.after !== undefined, ended ?? (evidence.after === undefined ? 'it does not answer' : 'all the time')),
    judgeThreads(evidence),
    verdict('no errors logged', errors.length === 0, errors.length === 0 ? 'none' : `${errors.length}, first: ${errors[0]!}`),
    verdict('no request failed', failures === 0, `${failures} answers 500`),
    judgeGauges(evidence),
    judgeSockets(evidence),
    judgeMemory(evidence, limits),
    ...healthy.flatMap(figures => judgeHealthy(figures, limits))
  ]
}

function judgeThreads ({ atRest, after }: Evidence): Verdict {
  const lost = atRest.threads.filter(id => after?.threads.includes(id) !== true)
  return verdict('no thread replaced', lost.length === 0, lost.length === 0 ? `${atRest.threads.length} threads, the same as before` : `${lost.length} are gone`)
}

function judgeGauges ({ atRest, after }: Evidence): Verdict {
  const name = 'nothing left behind'
  if (after === undefined) return verdict(name, false, 'not known')
  const grown = Object.entries(after.gauges).filter(([gauge, value]) => value > (atRest.gauges[gauge] ?? 0))
  const names = Object.keys(after.gauges)
  if (grown.length > 0) return verdict(name, false, grown.map(([gauge, value]) => `${gauge} ${value}, was ${atRest.gauges[gauge] ?? 0}`).join('; '))
  return verdict(name, names.length > 0, names.length > 0 ? `${names.join(', ')} as before` : '/healthz told nothing')
}

function judgeSockets ({ atRest, after }: Evidence): Verdict {
  const name = 'no socket leaked'
  if (after === undefined) return verdict(name, false, 'not known')
  if (atRest.sockets === undefined || after.sockets === undefined) return verdict(name, true, 'this system does not tell')
  return verdict(name, after.sockets <= atRest.sockets + OWN_SOCKETS, `${after.sockets} open, ${atRest.sockets} before`)
}

function judgeMemory ({ warm, after }: Evidence, { maxGrowthBytes }: Limits): Verdict {
  const name = 'memory bounded'
  if (after === undefined) return verdict(name, false, 'not known')
  if (warm.rssBytes === undefined || after.rssBytes === undefined) return verdict(name, true, 'this system does not tell')
  const growth = after.rssBytes - warm.rssBytes
  const [now, was, most] = [after.rssBytes, warm.rssBytes, maxGrowthBytes].map(bytes => Math.round(bytes / MIB))
  return verdict(name, growth <= maxGrowthBytes, `${now} MiB at the end, ${was} MiB warm; ${most} MiB more are allowed`)
}

function judgeHealthy (figures: HealthyFigures, { lateMs }: Limits): Verdict[] {
  const { name, answered, unanswered, cut, delayed, missed, underruns, connectionErrors, slowestFirstAudioMs: slowest } = figures
  const isLate = slowest === null || slowest > lateMs || delayed > 0 || missed > 0
  const failed = unanswered + cut
  return [
    verdict(`${name}: no turn failed`, answered > 0 && failed === 0, `${answered} answered, ${unanswered} unanswered, ${cut} cut`),
    verdict(`${name}: no turn late`, !isLate, `slowest first audio ${slowest ?? '?'} ms of ${lateMs}; ${delayed} delayed, ${missed} missed`),
    verdict(`${name}: no underrun`, underruns === 0, String(underruns)),
    verdict(`${name}: no connection lost`, connectionErrors === 0, String(connectionErrors))
  ]
}

function verdict (name: string, passed: boolean, detail: string): Verdict { return { name, passed, detail } }
