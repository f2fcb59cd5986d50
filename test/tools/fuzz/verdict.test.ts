import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TallyFigures } from '../../../tools/fuzz/tally.js'
import { judge, type Evidence, type HealthyFigures, type ServerLook } from '../../../tools/fuzz/verdict.js'

const MIB = 2 ** 20
const limits = { lateMs: 2500, maxGrowthBytes: 64 * MIB }
const look: ServerLook = { rssBytes: 400 * MIB, sockets: 0, threads: [1, 2, 3], gauges: { sessions: 0, 'mqtt.connections': 0 } }
const figures: HealthyFigures = {
  name: 'healthy', answered: 40, unanswered: 0, cut: 0, delayed: 0, missed: 0, underruns: 0, connectionErrors: 0, slowestFirstAudioMs: 1400
}
const kind = { exchanges: 9, connections: 9, inputs: 9, bytes: 99, refused: 0, closed: 4, kept: 5, statuses: { 200: 3, 404: 1 } }
const sent: TallyFigures = { 'ws frames': kind }
const good: Evidence = { ended: undefined, errors: [], sent, atRest: look, warm: look, after: look, healthy: [figures], isAttacked: true }

function failuresOf (change: Partial<Evidence>): string[] {
  return judge({ ...good, ...change }, limits).filter(({ passed }) => !passed).map(({ name }) => name)
}
const withHealthy = (change: Partial<HealthyFigures>): Partial<Evidence> => ({ healthy: [{ ...figures, ...change }] })
const withAfter = (change: Partial<ServerLook>): Partial<Evidence> => ({ after: { ...look, ...change } })

test('a run without any damage passes', () => { assert.deepEqual(failuresOf({}), []) })

const damage: readonly (readonly [what: string, change: Partial<Evidence>, verdict: string])[] = [
  ['nobody attacked', { sent: {} }, 'attacked'],
  ['the server ended, even if another one answers', { ended: 'the server ended (SIGSEGV)' }, 'server alive'],
  ['a thread was replaced', withAfter({ threads: [1, 2, 4] }), 'no thread replaced'],
  ['an error was logged', { errors: ['{"level":"error"}'] }, 'no errors logged'],
  ['a request was answered with 500', { sent: { 'http ota': { ...kind, statuses: { 500: 1 } } } }, 'no request failed'],
  ['a session stayed', withAfter({ gauges: { sessions: 1, 'mqtt.connections': 0 } }), 'nothing left behind'],
  ['there are no figures', withAfter({ gauges: {} }), 'nothing left behind'],
  ['sockets stayed', withAfter({ sockets: 3 }), 'no socket leaked'],
  ['memory grew', withAfter({ rssBytes: 465 * MIB }), 'memory bounded'],
  ['no turn was answered', withHealthy({ answered: 0 }), 'healthy: no turn failed'],
  ['a turn was not answered', withHealthy({ unanswered: 1 }), 'healthy: no turn failed'],
  ['an answer was cut', withHealthy({ cut: 1 }), 'healthy: no turn failed'],
  ['an answer came late', withHealthy({ slowestFirstAudioMs: 2501 }), 'healthy: no turn late'],
  ['there was no audio at all', withHealthy({ slowestFirstAudioMs: null }), 'healthy: no turn late'],
  ['a question waited', withHealthy({ delayed: 1 }), 'healthy: no turn late'],
  ['a question fell out', withHealthy({ missed: 1 }), 'healthy: no turn late'],
  ['a device ran empty', withHealthy({ underruns: 1 }), 'healthy: no underrun'],
  ['a healthy connection was lost', withHealthy({ connectionErrors: 1 }), 'healthy: no connection lost']
]
for (const [what, change, verdict] of damage) {
  test(`it fails when ${what}`, () => { assert.deepEqual(failuresOf(change), [verdict]) })
}

test('of a server that answers no more nothing passes that needs its answer', () => {
  assert.deepEqual(failuresOf({ after: undefined }), ['server alive', 'no thread replaced', 'nothing left behind', 'no socket leaked', 'memory bounded'])
})

test('what a system does not tell fails nothing', () => {
  assert.deepEqual(failuresOf(withAfter({ rssBytes: undefined, sockets: undefined })), [])
})

test('a run that nobody was to attack needs no attack', () => { assert.deepEqual(failuresOf({ sent: {}, isAttacked: false }), []) })
