import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { ChorusError } from '../../src/core/errors.js'
import { createLog, type Log, type LogOptions } from '../../src/core/log.js'

test('JSON lines carry the level as text, the time in ms, the message and the fields', () => {
  const { log, lines } = record({ json: true })
  log.info('listening', { event: 'ready', port: 8000 })
  const { time, ...rest } = JSON.parse(lines[0]!) as Record<string, unknown>
  assert.deepEqual(rest, { level: 'info', event: 'ready', port: 8000, msg: 'listening' })
  assert.ok(typeof time === 'number' && Math.abs(Date.now() - time) < 60000)
})

test('lines below the level are not written', () => {
  const { log, lines } = record({ level: 'warn' })
  log.info('no')
  log.warn('yes')
  assert.equal(lines.length, 1)
})

test('what people said is dropped unless the level is trace', () => {
  const quiet = record({ json: true, level: 'debug' })
  quiet.log.child({ 'pii.name': 'Ada' }).info('heard', { pii: { text: 'my secret' }, 'pii.text': 'my secret', turn: 1 })
  assert.doesNotMatch(quiet.lines[0]!, /secret|Ada/)
  assert.match(quiet.lines[0]!, /"turn":1/)
  const loud = record({ json: true, level: 'trace' })
  loud.log.info('heard', { 'pii.text': 'my secret' })
  assert.match(loud.lines[0]!, /my secret/)
})

test('a child adds its fields to each line', () => {
  const { log, lines } = record({ json: false })
  log.child({ session: 'a1' }).child({ turn: 2 }).warn('slow answer', { waitedMs: 900 })
  assert.match(lines[0]!, /^\d\d:\d\d:\d\d\.\d{3} warn {2}slow answer session=a1 turn=2 waitedMs=900\n$/)
})

test('lines for people are coloured only when asked for, and quote what has spaces', () => {
  const plain = record({ json: false })
  plain.log.error('no', { why: 'two words', list: [1, 2] })
  assert.match(plain.lines[0]!, /why="two words" list=\[1,2\]\n$/)
  assert.ok(!plain.lines[0]!.includes('\u001b'))
  const colored = record({ json: false, isColored: true })
  colored.log.error('no')
  assert.ok(colored.lines[0]!.includes('\u001b[31merror\u001b[0m'))
})

test('an error of ours is one line with its code; a foreign one brings its stack', () => {
  const { log, lines } = record({ json: false })
  log.error('cannot start', { error: new ChorusError('CHORUS_CONFIG_UNREADABLE', ['x', 'y']) })
  assert.match(lines[0]!, /error="cannot read x: y"\n$/)
  log.error('cannot start', { error: new TypeError('odd') })
  assert.match(lines[1]!, /error="odd"\n {4}TypeError: odd\n {8}at /)
})

test('a field named like one of the log is kept under another name', () => {
  const { log, lines } = record({ json: true })
  log.info('real', { msg: 'field', time: 1, level: 'x' })
  const line = JSON.parse(lines[0]!) as Record<string, unknown>
  assert.deepEqual([line['msg'], line['msg_'], line['time_'], line['level_']], ['real', 'field', 1, 'x'])
})

test('the last line before an exit is not lost', () => {
  const script = `
    import { createLog } from ${JSON.stringify(new URL('../../src/core/log.js', import.meta.url).href)}
    const log = createLog({ json: true, level: 'info' })
    for (let index = 0; index < 500; index++) log.info('line', { index })
    process.exit(0)`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  assert.equal(stdout.trimEnd().split('\n').length, 500)
})

function record (options: Partial<LogOptions>): { log: Log, lines: string[] } {
  const lines: string[] = []
  const destination = { write: (line: string) => { lines.push(line) } }
  return { log: createLog({ json: false, level: 'trace', isColored: false, ...options, destination }), lines }
}
