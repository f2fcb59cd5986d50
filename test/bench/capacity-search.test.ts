import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certify, findCapacity, stepAt, type Probe, type SearchOptions } from '../../bench/capacity/search.js'
import type { Phase, Verdict } from '../../bench/capacity/types.js'
import { makeRandom } from '../support/noise.js'

const options: SearchOptions = { start: 100, growth: 2, least: 1, most: 4096, stepDevices: 10, stepPercent: 2.5 }

const holds: Verdict = { kind: 'holds' }
const broken: Verdict = { kind: 'broken', bounds: [{ figure: 'added latency p99', unit: 'ms', value: 80, most: 50 }] }
const invalid: Verdict = { kind: 'invalid', reasons: ['the generator was late'] }

/** A server that is asked, and what it was asked. */
function makeServer (answer: (devices: number, run: number) => Verdict): { probe: Probe, asked: number[], phases: Phase[] } {
  const asked: number[] = []
  const phases: Phase[] = []
  const probe: Probe = async (devices, phase) => {
    phases.push(phase)
    asked.push(devices)
    return answer(devices, asked.filter(number => number === devices).length)
  }
  return { probe, asked, phases }
}

const bears = (limit: number): ReturnType<typeof makeServer> => makeServer(devices => devices <= limit ? holds : broken)

test('the search comes within a step of the limit of any server', async () => {
  for (const limit of [1, 2, 9, 10, 11, 99, 100, 101, 399, 400, 1000, 2345, 4095]) {
    const { probe, asked } = bears(limit)
    const { devices, above, cause } = await findCapacity(probe, options)
    assert.ok(devices <= limit && devices + stepAt(devices, options) >= limit, `${devices} of ${limit}`)
    assert.ok(above !== undefined && above > limit)
    assert.equal(cause, 'server')
    assert.ok(asked.length <= 30, `${asked.length} runs for ${limit}`)
  }
})

test('it grows by a factor, then takes the middle, and asks a number that failed once more', async () => {
  const { probe, asked, phases } = bears(330)
  assert.deepEqual(await findCapacity(probe, options), { devices: 325, above: 332, cause: 'server' })
  assert.deepEqual(asked, [100, 200, 400, 400, 300, 350, 350, 325, 338, 338, 332, 332])
  assert.deepEqual(phases.slice(0, 5), ['growing', 'growing', 'growing', 'growing', 'narrowing'])
})

test('a step is a share of the number, or so many devices where that is more', () => {
  assert.equal(stepAt(100, options), 10)
  assert.equal(stepAt(1000, options), 25)
  assert.equal(stepAt(5, { stepDevices: 0, stepPercent: 2.5 }), 1)
})

test('a server that holds whatever is asked holds the most that is to be tried', async () => {
  const { probe, asked } = bears(Infinity)
  assert.deepEqual(await findCapacity(probe, { ...options, most: 1000 }), { devices: 1000, above: undefined, cause: 'none' })
  assert.deepEqual(asked, [100, 200, 400, 800, 1000])
})

test('a server that never holds is asked down to the least number, and holds none', async () => {
  const { probe, asked } = bears(0)
  assert.deepEqual(await findCapacity(probe, options), { devices: 0, above: 1, cause: 'server' })
  assert.deepEqual(asked, [100, 50, 25, 12, 6, 3, 1].flatMap(number => [number, number]))
})

test('a start beyond what may be tried is brought within it', async () => {
  const { probe, asked } = bears(Infinity)
  assert.equal((await findCapacity(probe, { ...options, start: 100, most: 20 })).devices, 20)
  assert.deepEqual(asked, [20])
})

test('one disturbance is not the limit: a run that breaks once and then holds counts as one that holds', async () => {
  const { probe } = makeServer((devices, run) => devices > 1000 || (run === 1 && devices === 400) ? broken : holds)
  const { devices } = await findCapacity(probe, options)
  assert.ok(devices > 970 && devices <= 1000, `${devices}`)
})

test('where the load is the limit it is told, and is not taken for the server\'s', async () => {
  const { probe } = makeServer(devices => devices > 500 ? invalid : holds)
  const { devices, cause } = await findCapacity(probe, options)
  assert.equal(cause, 'load')
  assert.ok(devices <= 500 && devices > 485)
})

test('a run that says nothing is no vote: the number fails when two others break, and holds when one holds', async () => {
  const runs = async (...answers: readonly Verdict[]): Promise<string> => {
    const { probe, asked } = makeServer((_, run) => answers[run - 1]!)
    const { devices, cause } = await findCapacity(probe, { ...options, start: 1, most: 1 })
    return `${asked.length} ${devices} ${cause}`
  }
  assert.equal(await runs(invalid, holds), '2 1 none')
  assert.equal(await runs(invalid, broken, holds), '3 1 none')
  assert.equal(await runs(invalid, broken, broken), '3 0 server')
  assert.equal(await runs(broken, invalid, broken), '3 0 server')
  assert.equal(await runs(broken, invalid, invalid), '3 0 load')
  assert.equal(await runs(invalid, invalid), '2 0 load')
})

test('with a limit that is a matter of chance it ends, near to it', async () => {
  const random = makeRandom(3)
  for (let round = 0; round < 200; round++) {
    // Certain below 380 and above 460; in between the more likely to break the more there are.
    const { probe, asked } = makeServer(devices => random() < (devices - 380) / 80 ? broken : holds)
    const found = await findCapacity(probe, options)
    assert.ok(found.devices >= 370 && found.devices <= 460, `${found.devices}`)
    const { devices, isHeld } = await certify(probe, found.devices, options)
    assert.ok(isHeld && devices >= 300 && devices <= found.devices, `${devices}`)
    assert.ok(asked.length <= 40, `${asked.length} runs`)
  }
})

test('a certificate needs two runs in a row that hold', async () => {
  const { probe, asked, phases } = bears(400)
  assert.deepEqual(await certify(probe, 400, options), { devices: 400, isHeld: true })
  assert.deepEqual(asked, [400, 400])
  assert.deepEqual(phases, ['certifying', 'certifying'])
})

test('where the second one breaks it goes down by a step, then by two, by four', async () => {
  const { probe, asked } = makeServer((devices, run) => devices <= 340 || run === 1 ? holds : broken)
  assert.deepEqual(await certify(probe, 400, options), { devices: 330, isHeld: true })
  assert.deepEqual(asked, [400, 400, 390, 390, 370, 370, 330, 330])
})

test('a certifying run that says nothing is done again once, then it counts as one that failed', async () => {
  const once = makeServer((_, run) => run === 1 || run === 3 ? invalid : holds)
  assert.deepEqual(await certify(once.probe, 400, options), { devices: 400, isHeld: true })
  assert.equal(once.asked.length, 4)
  const always = makeServer(devices => devices > 390 ? invalid : holds)
  assert.deepEqual(await certify(always.probe, 400, options), { devices: 390, isHeld: true })
  assert.deepEqual(always.asked, [400, 400, 390, 390])
})

test('the least number is tried before it is said that none holds', async () => {
  const one = bears(1)
  assert.deepEqual(await certify(one.probe, 5, options), { devices: 1, isHeld: true })
  const none = bears(0)
  assert.deepEqual(await certify(none.probe, 4000, options), { devices: 0, isHeld: false })
  assert.ok(none.asked.length < 12 && none.asked.at(-1) === 1, none.asked.join())
})
