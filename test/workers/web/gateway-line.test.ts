import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import type { FromWeb, ToWeb } from '../../../src/ring/web-messages.js'
import { GatewayLine } from '../../../workers/web/gateway-line.js'

function makeLine (t: TestContext) {
  const { port1, port2 } = new MessageChannel()
  const asked: FromWeb[] = []
  const waiting: (() => void)[] = []
  port1.on('message', (message: FromWeb) => {
    asked.push(message)
    waiting.shift()?.()
  })
  t.after(() => { port1.close() })
  const line = new GatewayLine(port2)
  return {
    line,
    asked,
    next: () => new Promise<void>(resolve => { waiting.push(resolve) }),
    send: (message: ToWeb) => { port1.postMessage(message) }
  }
}

test('all who ask for health at once share one answer of the gateway', async t => {
  const { line, asked, next, send } = makeLine(t)
  const arrived = next()
  const answers = [line.health(5000), line.health(5000)]
  await arrived
  send({ kind: 'health', id: 1, health: { sessions: 7 } })
  assert.deepEqual(await Promise.all(answers), [{ sessions: 7 }, { sessions: 7 }])
  assert.equal(asked.length, 1)
  const again = next()
  const later = line.health(5000)
  await again
  send({ kind: 'health', id: 1, health: { sessions: 0 } })
  send({ kind: 'health', id: 2, health: { sessions: 8 } })
  assert.deepEqual(await later, { sessions: 8 })
})

test('a gateway that hangs is told of in time, and asked again later', async t => {
  const { line, asked } = makeLine(t)
  await assert.rejects(line.health(20), { code: 'CHORUS_PROVIDER_TIMEOUT' })
  await assert.rejects(line.health(20), { code: 'CHORUS_PROVIDER_TIMEOUT' })
  assert.equal(asked.length, 2)
})

test('languages go up, and a stop comes down', async t => {
  const { line, asked, next, send } = makeLine(t)
  const arrived = next()
  line.tellLanguage('aa:bb', 'zh-CN')
  await arrived
  assert.deepEqual(asked, [{ kind: 'language', deviceId: 'aa:bb', tag: 'zh-CN' }])
  send({ kind: 'stop' })
  await line.stopped
})
