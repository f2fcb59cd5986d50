import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectDir } from '../../src/core/config.js'
import { ChorusError, describeError, errorTable, type ErrorCode } from '../../src/core/errors.js'

const codes = Object.keys(errorTable) as ErrorCode[]
const sections = new Map(readFileSync(join(projectDir, 'docs', 'errors.md'), 'utf8')
  .split(/^## /m).slice(1)
  .map(section => [section.slice(0, section.indexOf('\n')), section]))

test('every code has a section in docs/errors.md, and every section a code', () => {
  assert.deepEqual([...sections.keys()].sort(), [...codes].sort())
})

test('every section tells the facts, the meaning and what to do', () => {
  for (const code of codes) {
    const section = sections.get(code) ?? ''
    const { retry, close } = errorTable[code]
    const facts = `Again: ${retry ? 'yes' : 'no'}. Ends the session: ${close ? 'yes' : 'no'}.`
    assert.ok(section.includes(facts), `${code}: expected "${facts}"`)
    assert.match(section, /^\*\*Meaning\.\*\* \S.+\.$/m, code)
    assert.match(section, /^\*\*What to do\.\*\* \S.+\.$/m, code)
  }
})

test('codes are CHORUS_ and capitals', () => {
  for (const code of codes) assert.match(code, /^CHORUS(_[A-Z]+)+$/)
})

test('an error says its text with the arguments, and carries code, facts and cause', () => {
  const cause = new Error('socket hang up')
  const error = new ChorusError('CHORUS_PROVIDER_TIMEOUT', ['tts/flite', 300], { cause })
  assert.equal(error.message, 'tts/flite gave no answer in 300 ms')
  assert.deepEqual([error.code, error.retry, error.close, error.cause], ['CHORUS_PROVIDER_TIMEOUT', true, false, cause])
})

test('an error crosses threads as code and arguments', () => {
  const { code, args } = structuredClone(new ChorusError('CHORUS_PROVIDER_TIMEOUT', ['llm', 1]).toRecord())
  assert.equal(new ChorusError(code, args).message, 'llm gave no answer in 1 ms')
})

test('any thrown value is described in one line with its causes', () => {
  const error = new Error('outer', { cause: new Error('inner', { cause: 'root' }) })
  assert.equal(describeError(error), 'outer (inner (root))')
  assert.equal(describeError('text'), 'text')
})
