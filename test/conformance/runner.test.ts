import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { operatorBy } from '../../src/bin/conformance/operator.js'
import { allCases } from '../../tools/conformance/cases/index.js'
import { FaultyProxy } from '../../tools/conformance/mutants/faulty-proxy.js'
import { mutants } from '../../tools/conformance/mutants/mutants.js'
import { countResults, formatMarkdown, formatTable } from '../../tools/conformance/report.js'
import { runCases } from '../../tools/conformance/runner.js'
import { selectCases } from '../../tools/conformance/selection.js'
import type { ConformanceCase } from '../../tools/conformance/conformance-case.js'
import type { CaseResult } from '../../tools/conformance/types.js'
import { check, NotApplicable } from '../../tools/conformance/verdicts.js'
import { startServer, targetAt, type Rules } from './scripted-rules-server.js'

async function run (cases: readonly ConformanceCase[], target = targetAt('ws://127.0.0.1:1/')): Promise<CaseResult[]> {
  return await runCases(cases, target, { lanes: 2, dialects: ['ws1'], signal: new AbortController().signal })
}

async function tryId (t: TestContext, id: string, rules?: Rules): Promise<CaseResult['outcome']> {
  const [result] = await run(selectCases(allCases, [id]).chosen, await startServer(t, rules))
  return result!.outcome
}

test('every firmware case from T001 to T160 is there, and no id twice', () => {
  const ids = allCases.map(({ id }) => id)
  assert.deepEqual(ids.filter((id, index) => ids.indexOf(id) !== index), [])
  const missing = Array.from({ length: 160 }, (_, index) => `T${String(index + 1).padStart(3, '0')}`).filter(id => !ids.includes(id))
  assert.deepEqual(missing, [])
})

test('a case that names another has that one to run', () => {
  for (const { sameAs, run: body } of allCases) {
    if (sameAs !== undefined) assert.equal(allCases.find(({ id }) => id === sameAs)?.run, body)
  }
})

test('every fault names a case', () => {
  assert.ok(mutants.length >= 30)
  assert.deepEqual(mutants.filter(({ caseId }) => !allCases.some(({ id }) => id === caseId)), [])
})

test('cases are chosen by name and by how their names begin', () => {
  const { chosen, unknown } = selectCases(allCases, ['t023', 'T03*', 'X9'])
  assert.deepEqual(chosen.map(({ id }) => id), ['T023', ...Array.from({ length: 10 }, (_, index) => `T03${index}`)])
  assert.deepEqual(unknown, ['X9'])
})

test('a case passes, fails with what was expected, or does not apply', async () => {
  const results = await run([
    { id: 'A', title: 'a', run: async () => {} },
    { id: 'B', title: 'b', run: async () => { check(false, 'one hello', 'two') } },
    { id: 'C', title: 'c', run: async () => { throw new NotApplicable('no MQTT here') } }
  ])
  assert.deepEqual(results.map(({ outcome }) => outcome), [
    { kind: 'passed' }, { kind: 'failed', reason: 'expected one hello; came two' },
    { kind: 'not-applicable', reason: 'no MQTT here' }
  ])
})

test('each case is tried in every dialect that it is about, and at least once', async () => {
  const tried: string[] = []
  const one = (id: string, further: Partial<ConformanceCase> = {}): ConformanceCase => {
    return { id, title: id, run: async ({ dialect }) => { tried.push(`${id} ${dialect}`) }, ...further }
  }
  const cases = [one('A'), one('B', { dialects: ['ws2', 'gateway'] }), one('C', { dialects: ['gateway'] }), one('D', { isDialectFree: true })]
  const options = { lanes: 1, signal: new AbortController().signal }
  const both = await runCases(cases, targetAt('ws://127.0.0.1:1/'), { ...options, dialects: ['ws1', 'ws2'] })
  assert.deepEqual(tried.splice(0), ['A ws1', 'D ws1', 'A ws2', 'B ws2', 'C gateway'])
  const cells = both.map(({ id, dialect, outcome }) => `${id} ${dialect} ${outcome.kind === 'not-applicable' ? outcome.reason : outcome.kind}`)
  assert.deepEqual(cells, [
    'A ws1 passed', 'A ws2 passed', 'B ws1 is about ws2, gateway', 'B ws2 passed',
    'C ws1 is about gateway', 'C ws2 is about gateway', 'C gateway passed', 'D any passed'
  ])
  await runCases(cases, targetAt('ws://127.0.0.1:1/'), { ...options, dialects: ['ws1'] })
  assert.deepEqual(tried, ['A ws1', 'D ws1', 'B ws2', 'C gateway'])
})

test('a device that speaks on when its case is over neither holds up the others nor goes on for ever', async t => {
  const target = await startServer(t)
  let ended: Promise<unknown> | undefined
  const [result] = await run([{
    id: 'A', title: 'a', limitMs: 200,
    run: context => {
      ended = (async () => {
        const device = await context.openSocket()
        device.drop()
        for (;;) await device.speak([Buffer.of(0x58)])
      })()
      return ended as Promise<void>
    }
  }], target)
  assert.deepEqual(result!.outcome, { kind: 'failed', reason: 'was not over after 0.2 s' })
  await assert.rejects(ended!, /speaks on/)
})

test('a case that wants a server set otherwise gets it, and of a foreign server that same one', async () => {
  const other = targetAt('ws://127.0.0.1:2/')
  const seen: string[] = []
  const cases: ConformanceCase[] = [{ id: 'A', title: 'a', run: async context => { seen.push((await context.at('coded')).target.url) } }]
  await run(cases, { ...targetAt('ws://127.0.0.1:1/'), other: async kind => { assert.equal(kind, 'coded'); return other } })
  await run(cases)
  assert.deepEqual(seen, [other.url, 'ws://127.0.0.1:1/'])
})

test('an operator of one\'s own is told the order, the device and the code', async () => {
  assert.equal(await operatorBy('echo please')('approve', '02:00:00:00:00:01', '123456'), 'please approve 02:00:00:00:00:01 123456')
  assert.equal(await operatorBy('echo')('alert', '02:00:00:00:00:01'), 'alert 02:00:00:00:00:01')
})

test('a case that does not end fails at its limit', async () => {
  const [result] = await run([{ id: 'A', title: 'a', limitMs: 20, run: () => new Promise<void>(() => {}) }])
  assert.deepEqual(result!.outcome, { kind: 'failed', reason: 'was not over after 0.02 s' })
})

test('a case under two names is tried once', async () => {
  let tried = 0
  const body = async (): Promise<void> => { tried++ }
  const results = await run([{ id: 'A', title: 'a', run: body }, { id: 'B', title: 'b', sameAs: 'A', run: body }])
  assert.equal(tried, 1)
  assert.deepEqual(results.map(({ outcome }) => outcome.kind), ['passed', 'passed'])
})

test('cases that want to be alone run when all others are over', async () => {
  let running = 0
  const beside: number[] = []
  const one = (id: string, isAlone: boolean): ConformanceCase => ({
    id, title: id, isAlone,
    run: async () => {
      running++
      if (isAlone) beside.push(running)
      await new Promise(resolve => { setImmediate(resolve) })
      running--
    }
  })
  await run([one('A', true), one('B', false), one('C', true), one('D', false)])
  assert.deepEqual(beside, [1, 1])
})

test('a server that obeys passes where one that breaks the rule fails', async t => {
  const broken: ReadonlyArray<readonly [string, Rules, RegExp]> = [
    ['T023', { hello: hello => [hello, hello] }, /number of hellos/],
    ['T023', { hello: hello => [{ ...hello, transport: undefined }] }, /transport/],
    ['T023', { hello: () => [] }, /expected hello within/],
    ['T060', { hello: hello => [{ ...hello, audio_params: { sample_rate: 44100 } }] }, /sample_rate/],
    ['T060', { hello: hello => [{ ...hello, audio_params: {} }] }, /sample_rate/]
  ]
  for (const id of new Set(broken.map(([one]) => one))) assert.deepEqual(await tryId(t, id), { kind: 'passed' })
  for (const [id, rules, reason] of broken) {
    const outcome = await tryId(t, id, rules)
    assert.ok(outcome.kind === 'failed' && reason.test(outcome.reason), `${id}: ${JSON.stringify(outcome)}`)
  }
})

test('a fault in between turns its case red', async t => {
  const target = await startServer(t)
  for (const { name, caseId, make, headOf } of mutants.filter(({ caseId }) => ['T023', 'T060'].includes(caseId))) {
    const proxy = await FaultyProxy.start(target.url, make, headOf)
    try {
      const [result] = await run(selectCases(allCases, [caseId]).chosen, { ...target, url: proxy.url })
      assert.equal(result!.outcome.kind, 'failed', `${name} was not noticed`)
    } finally {
      await proxy.close()
    }
  }
})

test('a proxy without a fault changes nothing', async t => {
  const target = await startServer(t)
  const proxy = await FaultyProxy.start(target.url, () => ({}))
  t.after(() => proxy.close())
  const [result] = await run(selectCases(allCases, ['MSG-06']).chosen, { ...target, url: proxy.url })
  assert.deepEqual(result!.outcome, { kind: 'passed' })
})

test('the table names what failed and why, and the page escapes it', () => {
  const results: CaseResult[] = [
    { id: 'T001', title: 'first', dialect: 'ws1', tookMs: 1, outcome: { kind: 'passed' } },
    { id: 'T002', title: 'second', dialect: 'ws1', tookMs: 1, outcome: { kind: 'failed', reason: 'a|b' } }
  ]
  assert.deepEqual(formatTable(results, (_kind, text) => text).map(line => line.trimEnd()), ['T001  first   ✓', 'T002  second  ✗', '      a|b'])
  assert.match(formatMarkdown(results), /\| T002 \| second \| failed \| a\\\|b \|/)
  const wide: CaseResult[] = [...results, { ...results[0]!, dialect: 'ws2' }, { id: 'T003', title: 'third', dialect: 'any', tookMs: 1, outcome: { kind: 'passed' } }]
  assert.match(formatMarkdown(wide), /\| id \| what \| any \| ws1 \| ws2 \| why \|\n.*\n\| T001 \| first \|  \| ✓ \| ✓ \|  \|\n/)
  assert.deepEqual(countResults(results), { passed: 1, failed: 1, notApplicable: 0 })
})
