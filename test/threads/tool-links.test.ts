import assert from 'node:assert/strict'
import { on } from 'node:events'
import { test, type TestContext } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import type { ToolNews, ToolOrder } from '../../src/ring/worker-messages.js'
import { ToolLinks } from '../../src/threads/tool-links.js'

const MARK = { kind: 'mark', conversation: -1, name: 'mark' } as const

function makeRig (t: TestContext) {
  let now = 0
  const links = new ToolLinks(3, () => now)
  const workers = [new MessageChannel(), new MessageChannel()]
  t.after(() => { for (const { port1 } of workers) port1.close() })
  const taken: string[] = []
  for (const [index, { port1, port2 }] of workers.entries()) {
    links.addWorker(port1)
    port2.on('message', (news: ToolNews) => { taken.push(`${index} ${news.kind} ${news.conversation}${news.kind === 'text' ? ` ${news.text}` : ''}`) })
  }
  const sent: string[] = []
  const device = {
    sendToolText: (text: string) => { sent.push(text) },
    showToolCall: (name: string) => { sent.push(`% ${name}`) }
  }
  /** Messages of a port keep their order: behind a mark all that were sent before have arrived. */
  const arrive = async (): Promise<void> => {
    for (const { port1, port2 } of workers) {
      for (const [from, to] of [[port1, port2], [port2, port1]] as const) {
        from.postMessage(MARK)
        for await (const [message] of on(to, 'message') as AsyncIterable<[{ kind: string }]>) if (message.kind === MARK.kind) break
      }
    }
  }
  const take = (): string[] => taken.splice(0).filter(line => !line.includes(MARK.kind))
  const order = (worker: number, message: ToolOrder): void => { workers[worker]!.port2.postMessage(message) }
  return { links, device, sent, arrive, take, order, pass: (ms: number) => { now += ms } }
}

test('what a device says goes to the worker that keeps its tools, and back, until it is gone', async t => {
  const { links, device, sent, arrive, take, order } = makeRig(t)
  links.open(7, 1, device, undefined)
  links.open(7, 0, device, undefined)
  links.push(7, 'hello')
  links.push(8, 'nobody')
  order(1, { kind: 'send', conversation: 7, text: 'call' })
  order(1, { kind: 'show', conversation: 7, name: 'lamp' })
  await arrive()
  links.close(7)
  links.close(7)
  links.push(7, 'late')
  order(1, { kind: 'send', conversation: 7, text: 'late' })
  await arrive()
  assert.deepEqual(take(), ['1 open 7', '1 text 7 hello', '1 close 7'])
  assert.deepEqual(sent, ['call', '% lamp'])
})

test('a device that says too much is not passed on, and another one is', async t => {
  const { links, device, arrive, take, pass } = makeRig(t)
  links.open(1, 0, device, undefined)
  links.open(2, 0, device, undefined)
  for (let index = 0; index < 1000; index++) links.push(1, 'x')
  links.push(2, 'y')
  pass(1000)
  links.push(1, 'z')
  await arrive()
  assert.deepEqual(take().filter(line => line.includes('text')), ['0 text 1 x', '0 text 1 x', '0 text 1 x', '0 text 2 y', '0 text 1 z'])
})
