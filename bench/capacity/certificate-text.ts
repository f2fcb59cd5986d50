import { compareRuns, renderAgreement, scenarioDifferences } from '../report/agreement.js'
import { boundText, numberText } from '../report/verdict.js'
import { formatTable } from '../support/figures.js'
import { machineShare, type Certificate } from './certificate.js'
import { asrTexts } from './certificate-page.js'
import { describeLimit } from './progress.js'
import { figureOf } from './service-level.js'

/** A certificate for a terminal. */
export function renderCertificateText (certificate: Certificate): string {
  const { machine, title, asr, transport, devices, isHeld, serviceLevel, runs, threadCounts, limit } = certificate
  const level = serviceLevel.map(({ figure, unit, most }) => [
    unit === '' ? figure : `${figure} (${unit})`, boundText({ most }), ...runs.map(run => numberText(figureOf(run, figure) ?? Number.NaN))
  ])
  return [
    '',
    `Capacity: ${title}, ${asrTexts[asr]}`,
    `${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memoryMb / 1024)} GB · ${machine.os} · ${machine.kernel}`,
    `node ${machine.node} · ${machine.commit} · ${transport} · threads: ${Object.entries(threadCounts).map(([kind, count]) => `${count} ${kind}`).join(', ')}`,
    '',
    formatTable([['service level', 'bound', ...runs.map((_, index) => `run ${index + 1}`)], ...level]),
    ...renderPair(certificate),
    ...(limit === undefined ? [] : [describeLimit(limit), ...renderBusiest(certificate)]),
    isHeld ? `${devices} devices held twice` : devices === 0 ? 'no number of devices held' : `${devices} devices did not hold twice`,
    `again: ${certificate.command}`,
    ''
  ].join('\n')
}

function renderPair ({ runs }: Certificate): string[] {
  const [first, second] = runs
  if (first === undefined || second === undefined || scenarioDifferences(first, second).length > 0) return []
  return [renderAgreement(compareRuns(first, second))]
}

function renderBusiest ({ limit, search, machine }: Certificate): string[] {
  const point = search.findLast(({ devices, busiest }) => devices === limit!.devices && busiest !== undefined)
  if (point === undefined) return []
  const share = machineShare(point.figures, machine.cores)
  const whole = share === undefined ? '' : `; server, generator and mock service had ${numberText(share)} % of the machine`
  return [`The busiest thread was ${point.busiest!.kind} with ${numberText(point.busiest!.percent)} % of a core${whole}.`]
}
