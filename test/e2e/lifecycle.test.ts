import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import { ChorusServer } from '../support/chorus-server.js'
import { clips, loadClip } from '../support/clips.js'
import { openAndClose } from '../support/conversations.js'
import { stopUnderLoad } from '../support/stop-under-load.js'

test('SIGTERM, also twice, ends a busy server in order', async () => {
  for (const signals of [1, 2, 1]) await stopUnderLoad(signals)
})

test('each kind of thread has its niceness, and the gateway keeps its own', async t => {
  const server = await ChorusServer.start(t)
  assert.deepEqual((await server.ready())['nice'], { voice: 5, dialogue: 0, inference: 19, web: 10 })
  // As the kernel sees it: one voice and one inference thread at least, and the main thread at 0.
  const nices = await niceOfThreads(server.child.pid!)
  assert.equal(nices.get(server.child.pid!), 0)
  for (const nice of [5, 10, 19]) assert.ok([...nices.values()].includes(nice), `no thread has niceness ${nice}`)
})

test('packets that are no Opus are counted, and what is said next is understood', async t => {
  const server = await ChorusServer.start(t)
  const device = new SimulatedDevice({ url: server.url, profile: { audio: 'count' } })
  t.after(() => { device.close() })
  await device.start('auto')
  // Code 3 with no frame in it: refused by its table of contents.
  for (let packet = 0; packet < 20; packet++) device.sendRawBinary(Uint8Array.of(0x5b, 0, packet, 1, 2, 3))
  await device.speak(loadClip(clips.sevenOfClubs))
  const turn = await device.turnDone()
  assert.match(turn.sttText ?? '', /seven/i)
  assert.equal((await server.health())['badPackets'], 20)
})

test('a device hears of a stop by a Close frame', async t => {
  const server = await ChorusServer.start(t)
  const device = new SimulatedDevice({ url: server.url, profile: { mic: 'off' } })
  t.after(() => { device.close() })
  await device.start()
  const closed = new Promise<number>(resolve => { device.once('closed', resolve) })
  await server.stop()
  assert.equal(await closed, 1001)
})

test('an operator\'s order restarts the server with the settings as they are now', async t => {
  const server = await ChorusServer.start(t, { args: ['--compat.serverSecret', 'a secret'] })
  await restart(server.url, 'wrong')
  assert.ok(!server.lines.some(line => line.event === 'restarting'))
  await restart(server.url, 'a secret')
  while (server.lines.filter(line => line.event === 'ready').length < 2) await once(server.child.stdout!, 'data')
  const { ports } = server.lines.findLast(line => line.event === 'ready') as unknown as { ports: { gateway: number } }
  const device = new SimulatedDevice({ url: `ws://127.0.0.1:${ports.gateway}/xiaozhi/v1/`, profile: { mic: 'off' } })
  t.after(() => { device.close() })
  await device.start()
  await server.stop()
  assert.equal((await server.exited).code, 0)
})

/** Resolves with the server's answer. */
async function restart (url: string, secret: string): Promise<string> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'server', action: 'restart', content: { secret } }))
  const [answer] = await once(socket, 'message') as [Buffer]
  socket.terminate()
  return answer.toString()
}

test('a second server on the same ports says so and changes nothing', async t => {
  const first = await ChorusServer.start(t)
  const { ports } = await first.ready() as unknown as { ports: { gateway: number, http: number } }
  const data = await mkdtemp(join(tmpdir(), 'chorus-test-'))
  t.after(() => rm(data, { recursive: true, force: true }))
  for (const [args, flag] of [
    [['--gateway.port', String(ports.gateway)], '--gateway.port'],
    [['--http.port', String(ports.http)], '--http.port']
  ] as const) {
    const second = new ChorusServer(data, { args })
    const { code } = await second.exited
    assert.equal(code, 1)
    const failure = second.lines.find(line => line.event === 'failed')
    assert.match(failure?.msg ?? '', new RegExp(`cannot listen on .*${flag}`))
  }
  const device = new SimulatedDevice({ url: first.url, profile: { mic: 'off' } })
  t.after(() => { device.close() })
  await device.sendText('Repeat still here')
  assert.ok((await device.turnDone()).playedFrames > 5)
})

test('a thousand conversations leave no slot and no page behind', { timeout: 120_000 }, async t => {
  const server = await ChorusServer.start(t)
  const { slots, pages, sessions } = await openAndClose(server, 1000)
  assert.deepEqual({ slots, pages, sessions }, { slots: 0, pages: 0, sessions: 0 })
})

async function niceOfThreads (pid: number): Promise<Map<number, number>> {
  const threads = await readdir(`/proc/${pid}/task`)
  return new Map(await Promise.all(threads.map(async thread => {
    const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    // The 19th field; the second one is a name in brackets and may hold spaces.
    return [Number(thread), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])] as const
  })))
}
