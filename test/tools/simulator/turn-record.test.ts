import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { packFrame } from '../../../tools/simulator/frame-codec.js'
import { clips, loadClip } from '../../support/clips.js'
import { makeDevice, startTalk } from './make-device.js'
import { defaultHello, startScriptedServer, tonePackets } from './scripted-server.js'

test('a turn is recorded from the end of speech to the end of the reply', async t => {
  const { device, peer } = await startTalk(t)
  const pcm = loadClip(clips.sevenOfClubs)
  const { cut } = await device.speak(pcm)
  assert.equal(cut, false)
  peer.send({ type: 'stt', text: 'seven of clubs' })
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(20)
  peer.tts('sentence_start', { text: 'Indeed.' })
  peer.sendFrames(5)
  peer.tts('stop')
  const turn = await device.turnDone()
  const times = [
    turn.startedAtMs, turn.speechEndAtMs, turn.clipEndAtMs, turn.sttAtMs, turn.ttsStartAtMs, turn.speakingAtMs,
    turn.firstFrameAtMs, turn.lastFrameAtMs, turn.ttsStopAtMs, turn.drainedAtMs
  ]
  assert.deepEqual(times, [...times].sort((left, right) => left! - right!))
  assert.equal(turn.outcome, 'done')
  assert.equal(turn.sttText, 'seven of clubs')
  assert.deepEqual(turn.sentences.map(sentence => sentence.text), ['Indeed.'])
  assert.deepEqual(turn.messages.filter(each => each.direction === 'in').map(each => each.message!['state'] ?? each.message!['type']),
    ['hello', 'stt', 'start', 'sentence_start', 'stop'])
  const spokenFrames = Math.ceil(pcm.length / 960)
  assert.ok(turn.uplinkFrames >= spokenFrames && turn.uplinkFrames <= spokenFrames + 3)
  // The clip began after the 120 ms of warm-up and went on in real time.
  const spokenMs = turn.clipEndAtMs! - turn.startedAtMs
  assert.ok(Math.abs(spokenMs - (120 + 60 * spokenFrames)) < 40, `${spokenMs} ms`)
  assert.equal(turn.played.length, 5 * 1440)
  assert.ok(turn.played.some(sample => sample > 4000))
})

test('frames that come too late are holes in what was played', async t => {
  const { device, peer } = await startTalk(t)
  const packets = tonePackets(4)
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(20)
  for (const packet of packets.slice(0, 2)) peer.socket.send(packet)
  await delay(220)
  for (const packet of packets.slice(2)) peer.socket.send(packet)
  peer.tts('stop')
  const turn = await device.turnDone()
  assert.equal(turn.underruns, 1)
  assert.ok(turn.underrunMs > 80 && turn.underrunMs < 140, `${turn.underrunMs} ms`)
  assert.equal(turn.played.length, 4 * 1440 + Math.round(turn.underrunMs * 24))
})

test('each turn is handed out once, also when it ended before it was asked for', async t => {
  const { device, peer } = await startTalk(t, { profile: { mic: 'off' } })
  for (const text of ['one', 'two']) {
    await device.sendText(text)
    await peer.until(() => peer.texts.some(each => each['text'] === text), text)
    peer.send({ type: 'stt', text })
    peer.tts('start')
    // Together with its start the stop would come in one pass and change nothing.
    await device.waitForState('speaking')
    await delay(20)
    peer.tts('stop')
    await peer.untilListenStart(text === 'one' ? 2 : 3)
  }
  assert.equal((await device.turnDone()).sttText, 'one')
  assert.equal((await device.turnDone()).sttText, 'two')
  await assert.rejects(device.turnDone({ timeoutMs: 20 }), /no turn ended in 20 ms/)
  assert.equal(peer.frames.length, 0)
})

test('whoever waits for a turn learns that the channel was closed', async t => {
  const { device, peer } = await startTalk(t)
  const done = device.turnDone()
  peer.tts('start')
  await device.waitForState('speaking')
  peer.socket.terminate()
  await assert.rejects(done, /closed before the answer was complete/)
  assert.equal(device.turns.at(-1)!.outcome, 'closed')
})

test('a reply that is complete when the server hangs up is heard to its end', async t => {
  const { device, peer } = await startTalk(t)
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(20)
  peer.sendFrames(4)
  peer.tts('stop')
  peer.socket.close()
  const turn = await device.turnDone()
  assert.equal(turn.outcome, 'done')
  assert.equal(turn.playedFrames, 4)
})

test('a clip is cut when the device stops listening', async t => {
  const { device, peer } = await startTalk(t)
  const spoken = device.speak(loadClip(clips.chieftain))
  await peer.until(() => peer.frames.length >= 3, 'three frames')
  peer.tts('start')
  assert.equal((await spoken).cut, true)
  assert.equal(device.currentTurn!.clipEndAtMs, null)
})

test('messages are found by waits that come late, and only once', async t => {
  const { device, peer } = await startTalk(t)
  peer.send({ type: 'stt', text: 'a' })
  peer.send({ type: 'stt', text: 'b' })
  await delay(20)
  const isStt = (message: Readonly<Record<string, unknown>>): boolean => message['type'] === 'stt'
  assert.equal((await device.waitFor(isStt))['text'], 'a')
  assert.equal((await device.waitFor(isStt))['text'], 'b')
  await assert.rejects(device.waitFor(isStt, { timeoutMs: 20 }), /no such message in 20 ms; last came: .*"b"/)
})

test('the request names the device and nothing that a device does not say', async t => {
  const { device, peer } = await startTalk(t, { token: 'abc', version: 3, headers: { 'X-Test': '1' } })
  const { headers } = peer.request
  assert.equal(headers['authorization'], 'Bearer abc')
  assert.equal(headers['device-id'], device.deviceId)
  assert.equal(headers['client-id'], device.clientId)
  assert.equal(headers['protocol-version'], '3')
  assert.equal(headers['x-test'], '1')
  assert.equal(headers.host, '127.0.0.1')
  for (const name of ['origin', 'user-agent', 'sec-websocket-extensions']) assert.equal(headers[name], undefined)
  assert.equal(peer.texts[0]!['version'], 3)
})

test('with echo cancellation on the server uplink frames name what was playing', async t => {
  const { device, peer } = await startTalk(t, { version: 2, profile: { aec: 'server' } })
  assert.equal((peer.texts[0]!['features'] as Record<string, unknown>)['aec'], true)
  assert.equal(device.mode, 'realtime')
  peer.tts('start')
  await device.waitForState('speaking')
  await delay(20)
  const before = peer.frames.length
  tonePackets(4).forEach((packet, index) => peer.socket.send(packFrame(2, packet, 1000 + 60 * index)))
  await peer.until(() => peer.frames.length >= before + 7, 'seven frames')
  const echoed = peer.frames.slice(before).map(frame => frame.readUInt32BE(8)).filter(timestamp => timestamp > 0)
  assert.deepEqual(echoed, [1000, 1060, 1120, 1180])
})

test('the tools of the device are listed and called', async t => {
  const { device, peer } = await startTalk(t)
  const ask = (id: unknown, method: string, params: object): void => {
    peer.send({ type: 'mcp', payload: { jsonrpc: '2.0', id, method, params } })
  }
  ask('text', 'initialize', {})
  ask(1, 'initialize', { protocolVersion: '2024-11-05', capabilities: {} })
  ask(2, 'tools/list', { cursor: '' })
  ask(3, 'tools/call', { name: 'self.audio_speaker.set_volume', arguments: { volume: 33.9 } })
  ask(4, 'tools/call', { name: 'self.audio_speaker.set_volume', arguments: { volume: 101 } })
  const replies = (): Record<string, unknown>[] => peer.texts.filter(each => each['type'] === 'mcp').map(each => each['payload'] as Record<string, unknown>)
  await peer.until(() => replies().length === 4, 'four replies')
  assert.deepEqual(replies().map(reply => reply['id']), [1, 2, 3, 4])
  assert.deepEqual(replies()[2]!['result'], { content: [{ type: 'text', text: 'true' }], isError: false })
  assert.deepEqual(replies()[3]!['error'], { message: 'Value exceeds maximum allowed: 100' })
  assert.equal(device.mcp.volume, 33)
})

test('fifty devices that share their audio keep real time', async t => {
  const server = await startScriptedServer(t, { hello: defaultHello })
  const pcm = loadClip(clips.sevenOfClubs)
  const devices = Array.from({ length: 50 }, () => makeDevice(t, server, { profile: { mic: 'shared', audio: 'count' } }))
  await Promise.all(devices.map(device => device.start()))
  const beganMs = performance.now()
  await Promise.all(devices.map(device => device.speak(pcm)))
  const tookMs = performance.now() - beganMs
  const wantedMs = 120 + 60 * Math.ceil(pcm.length / 960)
  assert.ok(Math.abs(tookMs - wantedMs) < 150, `${tookMs} ms instead of ${wantedMs}`)
})
