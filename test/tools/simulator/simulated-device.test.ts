import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { makeDevice, startTalk } from './make-device.js'
import { defaultHello, startScriptedServer } from './scripted-server.js'

test('a frame that comes while the device listens is discarded (S01)', async t => {
  const { device, peer } = await startTalk(t)
  peer.sendFrames(1)
  peer.tts('start')
  await device.waitForState('speaking')
  peer.tts('stop')
  const turn = await device.turnDone()
  assert.equal(turn.frames.count, 0)
  assert.equal(turn.lostBeforeSpeaking, 1)
  assert.equal(turn.playedFrames, 0)
})

test('a frame in the segment of tts start is lost when the main loop is 20 ms late (S02)', async t => {
  const { device, peer } = await startTalk(t, { mainLoopLatencyMs: 20 })
  peer.tts('start')
  peer.sendFrames(1)
  await device.waitForState('speaking')
  await delay(60)
  peer.sendFrames(1)
  peer.tts('stop')
  const turn = await device.turnDone()
  assert.equal(turn.lostBeforeSpeaking, 1)
  assert.equal(turn.playedFrames, 1)
})

test('a frame between the change of state and its side effects is cleared with the queues', async t => {
  const { device, peer } = await startTalk(t, { mainLoopLatencyMs: 30 })
  device.on('state', state => { if (state === 'speaking') peer.sendFrames(5) })
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(100)
  peer.tts('stop')
  const turn = await device.turnDone()
  assert.equal(turn.frames.count, 5)
  // The first went to the speaker before the queues were cleared.
  assert.equal(turn.lostBeforeSpeaking, 4)
  assert.equal(turn.playedFrames, 1)
})

test('tts start while speaking keeps what is queued (S03)', async t => {
  const { device, peer } = await startTalk(t)
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(20)
  peer.sendFrames(6)
  peer.tts('start')
  peer.tts('stop')
  const turn = await device.turnDone()
  assert.equal(turn.playedFrames, 6)
  assert.equal(turn.underruns, 0)
})

test('of 50 frames at once 40 are kept besides those under way, and the newest are lost (S04)', async t => {
  const { device, peer } = await startTalk(t)
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(20)
  peer.sendFrames(50)
  peer.tts('stop')
  const turn = await device.turnDone()
  // 40 queued, three decoded or in output, one in the speaker.
  assert.equal(turn.playedFrames, 44)
  assert.equal(turn.overflowDrops, 6)
  assert.equal(turn.played.length, 44 * 1440)
})

test('after tts stop the device plays what is queued, then listens again (S05)', async t => {
  const { device, peer } = await startTalk(t)
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(20)
  peer.sendFrames(16)
  peer.tts('stop')
  const turn = await device.turnDone()
  await peer.untilListenStart(2)
  assert.equal(turn.playedFrames, 16)
  const playedMs = turn.drainedAtMs! - turn.firstPlayedAtMs!
  assert.ok(Math.abs(playedMs - 960) < 1, `played for ${playedMs} ms`)
  assert.equal(device.state, 'listening')
  // The clock may run what is due up to half a millisecond early.
  assert.ok(device.currentTurn!.startedAtMs >= turn.drainedAtMs! - 1)
})

test('version 2.0.5 cuts the tail by listening at once (S06)', async t => {
  const { device, peer } = await startTalk(t, { profile: { version: '2.0.5' } })
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(20)
  peer.sendFrames(16)
  peer.tts('stop')
  const turn = await device.turnDone()
  await peer.untilListenStart(2)
  assert.equal(turn.playedFrames, 1)
  assert.equal(turn.lostAfterSpeaking, 15)
})

test('version 2.2.6 holds its main loop until the tail was heard', async t => {
  const { device, peer } = await startTalk(t, { profile: { version: '2.2.6' } })
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(20)
  peer.sendFrames(5)
  peer.tts('stop')
  const turn = await device.turnDone()
  await peer.untilListenStart(2)
  assert.equal(turn.playedFrames, 5)
})

test('in realtime the tail plays on and no listen start follows (S07)', async t => {
  const { device, peer } = await startTalk(t, { mode: 'realtime' })
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(20)
  peer.sendFrames(8)
  peer.tts('stop')
  const turn = await device.turnDone()
  assert.equal(turn.playedFrames, 8)
  assert.equal(device.state, 'listening')
  assert.ok(device.isMicOn)
  assert.equal(peer.listenStarts, 1)
})

test('stop and start in one pass clear the queues and listen to nobody (S08)', async t => {
  const { device, peer } = await startTalk(t, { mainLoopLatencyMs: 20 })
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(60)
  peer.sendFrames(10)
  await delay(20)
  peer.tts('stop')
  peer.tts('start')
  await delay(100)
  assert.equal(device.state, 'speaking')
  assert.ok(device.bufferedMs <= 60)
  assert.equal(peer.listenStarts, 1)
})

test('after a manual turn the device is idle with its socket open (S09)', async t => {
  const { device, peer } = await startTalk(t, { mode: 'manual' })
  await peer.until(() => peer.frames.length >= 2, 'two frames')
  device.release()
  await peer.until(() => peer.texts.some(each => each['state'] === 'stop'), 'listen stop')
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(20)
  peer.sendFrames(2)
  peer.tts('stop')
  const turn = await device.turnDone()
  assert.equal(turn.mode, 'manual')
  assert.equal(device.state, 'idle')
  assert.ok(device.isChannelOpen)
  device.pressToTalk()
  await peer.untilListenStart(2)
  assert.equal(peer.texts.filter(each => each['type'] === 'hello').length, 1)
})

test('a socket that was silent for too long traps the next conversation (S10)', async t => {
  const { server, device, peer } = await startTalk(t, { mode: 'manual', freshnessMs: 50 })
  device.release()
  await device.waitForState('idle')
  await delay(80)
  device.pressToTalk()
  const second = await server.peer(1)
  await device.waitForState('listening')
  await device.waitForState('idle')
  assert.equal(second.texts[0]!['type'], 'hello')
  assert.equal(peer.socket.readyState, peer.socket.CLOSED)
  assert.ok(device.isChannelOpen)
})

test('without a hello the device gives up, leaves the socket open and is trapped next time (S11)', async t => {
  const server = await startScriptedServer(t, { hello: null })
  const device = makeDevice(t, server, { helloTimeoutMs: 100 })
  await assert.rejects(device.start(), /timeout: no hello in 100 ms/)
  assert.equal(device.state, 'idle')
  assert.ok(device.isTcpOpen)
  const first = await server.peer()
  assert.equal(first.socket.readyState, first.socket.OPEN)
  void device.start().catch(() => {})
  const second = await server.peer(1)
  await second.until(() => second.texts.length > 0, 'the hello')
  second.send(defaultHello)
  await device.waitForState('listening')
  await device.waitForState('idle')
})

test('a hello without a transport crashes the device (S12)', async t => {
  const server = await startScriptedServer(t, { hello: { type: 'hello', session_id: 's-1' } })
  const device = makeDevice(t, server)
  const crash = once(device, 'crash')
  await assert.rejects(device.start(), /without a transport/)
  await crash
  assert.equal(device.state, 'crashed')
})

test('tts without a state crashes version 2.3.0 and not the newest (S13)', async t => {
  const old = await startTalk(t, { profile: { version: '2.3.0' } })
  const crash = once(old.device, 'crash')
  old.peer.send({ type: 'tts' })
  await crash
  const now = await startTalk(t)
  now.peer.send({ type: 'tts' })
  now.peer.send({ type: 'stt', text: 'hello' })
  await now.device.waitFor(message => message['type'] === 'stt')
  assert.equal(now.device.state, 'listening')
})

test('a Close frame makes the device idle and leaves TCP open (S14)', async t => {
  const { device, peer } = await startTalk(t)
  const closed = once(device, 'closed')
  peer.socket.close(1000)
  assert.deepEqual(await closed, [1000])
  await device.waitForState('idle')
  await delay(50)
  assert.ok(device.isTcpOpen)
  // The server has not been answered: it would wait for the Close of the device.
  assert.equal(peer.socket.readyState, peer.socket.CLOSING)
})

test('a slow tool holds the uplink back and at most 40 frames follow at once (S15)', async t => {
  const { peer } = await startTalk(t, { toolCallMs: 400 })
  await peer.until(() => peer.frames.length >= 2, 'frames')
  peer.send({ type: 'mcp', payload: { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'self.get_device_status' } } })
  await delay(200)
  const before = peer.frames.length
  await delay(150)
  assert.equal(peer.frames.length, before)
  await peer.until(() => peer.texts.some(each => each['type'] === 'mcp'), 'the reply')
  await peer.until(() => peer.frames.length >= before + 5, 'the frames held back')
})

test('the wake burst comes before detect and detect before listen start (S16)', async t => {
  const server = await startScriptedServer(t)
  const device = makeDevice(t, server)
  await device.wake({ text: 'hi there', burst: new Int16Array(40000) })
  const peer = await server.peer()
  await peer.untilListenStart()
  const order = peer.received.map(each => each.kind === 'binary' ? 'frame' : String(each.message['state'] ?? each.message['type']))
  assert.deepEqual(order, ['hello', ...Array.from({ length: 33 }, () => 'frame'), 'detect', 'start'])
})

test('a press shorter than the opening gives start and stop without audio (S17)', async t => {
  const server = await startScriptedServer(t)
  const device = makeDevice(t, server)
  device.pressToTalk()
  await device.waitForState('connecting')
  device.release()
  const peer = await server.peer()
  await peer.until(() => peer.texts.some(each => each['state'] === 'stop'), 'listen stop')
  await delay(250)
  assert.deepEqual(peer.texts.map(each => each['state'] ?? each['type']), ['hello', 'start', 'stop'])
  assert.equal(peer.frames.length, 0)
})

test('silence becomes packets of one byte (S22)', async t => {
  const { peer } = await startTalk(t)
  await peer.until(() => peer.frames.length >= 12, 'twelve frames')
  assert.ok(peer.frames.filter(frame => frame.length === 1).length >= 5)
  assert.ok(peer.frames.some(frame => frame.length > 10))
})

test('after the button the device takes frames until tts stop (S23)', async t => {
  const { device, peer } = await startTalk(t)
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(20)
  peer.sendFrames(2)
  device.abort()
  await peer.until(() => peer.texts.some(each => each['type'] === 'abort'), 'abort')
  peer.sendFrames(2)
  peer.tts('stop')
  const turn = await device.turnDone()
  assert.equal(turn.frames.count, 4)
  assert.notEqual(turn.abortAtMs, null)
})

test('after a wake word the newest version listens again without being told (T092)', async t => {
  const { device, peer } = await startTalk(t)
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(20)
  peer.sendFrames(3)
  device.abort('wake_word_detected')
  await peer.untilListenStart(2)
  peer.tts('stop')
  assert.equal(device.state, 'listening')
})

test('a ping is answered unless the profile does not (S24)', async t => {
  const polite = await startTalk(t)
  polite.peer.socket.ping()
  await polite.peer.until(() => polite.peer.pongs === 1, 'a pong')
  const mute = await startTalk(t, { profile: { pongs: false } })
  mute.peer.socket.ping()
  await mute.peer.until(() => mute.peer.frames.length > 2, 'frames')
  assert.equal(mute.peer.pongs, 0)
})

test('a second hello makes the next opening go ahead before its own (S25)', async t => {
  const { server, device, peer } = await startTalk(t)
  peer.send({ ...defaultHello, session_id: 's-2', audio_params: { sample_rate: 16000, frame_duration: 60 } })
  await device.waitFor(message => message['session_id'] === 's-2')
  peer.socket.terminate()
  await device.waitForState('idle')
  await device.start()
  const second = await server.peer(1)
  await second.untilListenStart()
  assert.equal(second.texts[1]!['session_id'], 's-2')
})
