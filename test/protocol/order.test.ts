import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseOrder } from '../../src/protocol/order.js'

test('orders are read, and what is not of them is left out', () => {
  const subtitles = [{ start_ms: 0, text: 'Done.' }]
  for (const [given, order] of [
    [{ kind: 'speak', text: ' Dinner is ready. ', loud: true }, { kind: 'speak', text: 'Dinner is ready.' }],
    [{ kind: 'notify', audioUrl: 'http://10.0.0.1/a.ogg' }, { kind: 'notify', audioUrl: 'http://10.0.0.1/a.ogg', subtitles: [] }],
    [{ kind: 'notify', audioUrl: 'https://a/b', subtitles: [{ ...subtitles[0], x: 1 }] }, { kind: 'notify', audioUrl: 'https://a/b', subtitles }],
    [{ kind: 'alert', status: 'Hot', message: '40 °C' }, { kind: 'alert', alert: { status: 'Hot', message: '40 °C', emotion: 'neutral' } }],
    [{ kind: 'reboot' }, { kind: 'reboot' }],
    [{ kind: 'custom', payload: { a: [1] } }, { kind: 'custom', payload: { a: [1] } }]
  ]) assert.deepEqual(parseOrder(JSON.stringify(given)), order)
})

test('what is wrong is named', () => {
  for (const [body, complaint] of [
    ['', /JSON object/], ['[]', /JSON object/], ['{"kind":"dance"}', /"kind"/], ['{"kind":"speak","text":""}', /"text"/],
    [`{"kind":"speak","text":"${'a'.repeat(1001)}"}`, /"text"/], ['{"kind":"notify","audioUrl":"file:///etc/passwd"}', /"audioUrl"/],
    ['{"kind":"notify","audioUrl":"http://a/b","subtitles":[{"start_ms":-1,"text":"a"}]}', /"subtitles"/],
    ['{"kind":"alert","status":"a","message":7}', /"message"/], ['{"kind":"custom","payload":"a"}', /"payload"/]
  ] as const) assert.match(String(parseOrder(body)), complaint)
})

test('rubbish is a complaint and never an error', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), body => {
    const order = parseOrder(body)
    assert.ok(typeof order === 'string' || typeof order.kind === 'string')
  }))
})
