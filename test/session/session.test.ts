import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENDED_BY_DEVICE, ENDED_BY_SILENCE } from '../../src/ring/endpoint.js'
import { ABORT, HELLO, makeRig, SLOT, start, STOP } from './session-rig.js'

test('one hello is answered, and nothing before it is heard (T023, T027, T028)', t => {
  const { open, take } = makeRig(t)
  const session = open()
  session.onBinary(Uint8Array.of(1))
  session.onText(start('auto'))
  assert.deepEqual(take(), [])
  session.onText(HELLO)
  session.onText(HELLO)
  assert.deepEqual(take(), ['hello'])
})

test('the tools of a device are kept from its hello on, if it has any (T101, T102)', t => {
  const { open, take } = makeRig(t)
  open('old').onText(HELLO)
  assert.deepEqual(take(), ['hello'])
  const session = open('new')
  session.onText('{"type":"mcp","payload":{}}')
  session.onText('{"type":"hello","version":1,"features":{"mcp":true}}')
  session.onText('{"session_id":"S","type":"mcp","payload":{"id":1}}')
  session.onClosed()
  session.onText('{"type":"mcp","payload":{}}')
  assert.deepEqual(take(), ['hello', 'tools open 2 new mcp', 'tools open 2 new', 'tools push 2 {"session_id":"S","type":"mcp","payload":{"id":1}}'])
})

test('what a device reports is no activity of its user', t => {
  const { open, clock, config, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  clock.advance(config.session.idleCloseMs)
  session.onText('{"type":"iot","states":[]}')
  take()
  clock.advance(1000)
  session.sweep(clock.now())
  assert.deepEqual(take(), ['close 1000 idle'])
})

test('a device without hello is disconnected (T026)', t => {
  const { open, clock, config, take } = makeRig(t)
  const session = open()
  session.sweep(clock.now() + config.gateway.helloTimeoutMs)
  assert.deepEqual(take(), [])
  assert.equal(session.sweep(clock.now() + config.gateway.helloTimeoutMs + 1), 'noHello')
  assert.deepEqual(take(), ['close 1000 no hello'])
  assert.ok(session.isClosed)
})

test('behind an MQTT gateway audio is framed as the gateway does, whatever the hello says (WS-09)', t => {
  const { open, take } = makeRig(t)
  const session = open('a', 'en', 2, true)
  session.onText('{"type":"hello","version":1,"transport":"websocket"}')
  session.onText(start('auto'))
  take()
  session.onBinary(Buffer.concat([Buffer.alloc(16), Buffer.of(1, 2, 3)]))
  session.onBinary(Buffer.of(0x58))
  assert.deepEqual(take(), ['seat frame 3', 'seat frame 1'])
})

test('a device that says goodbye is let go', t => {
  const { open, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText('{"session_id":"S","type":"goodbye"}')
  assert.deepEqual(take(), ['hello', 'close 1000 goodbye'])
  assert.ok(session.isClosed)
})

test('the version of the hello goes before that of the header (T030, T031, T032)', t => {
  const { open, take } = makeRig(t)
  const session = open('a', 'en', 1)
  session.onText('{"type":"hello","version":3}')
  session.onText(start('auto'))
  session.onBinary(Uint8Array.of(0, 0, 0, 2, 7, 7))
  session.onBinary(Uint8Array.of(0, 0, 0, 9, 7, 7)) // its size lies
  assert.deepEqual(take(), ['hello', 'seat hear', 'seat frame 2'])
})

test('a wake burst is not heard, a wake word is answered once (T040)', t => {
  const { open, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  for (let frame = 0; frame < 33; frame++) session.onBinary(Uint8Array.of(1))
  session.onText('{"type":"listen","state":"detect","text":"hello"}')
  session.onText(start('auto'))
  assert.deepEqual(take(), ['hello', 'stt hello', 'tts start', 'seat ask hello'])
})

test('a turn from the words to the end', t => {
  const { open, clock, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(start('auto'))
  session.onBinary(Uint8Array.of(1, 2))
  session.turns.onSpeechStarted(1)
  assert.ok(session.turns.onEndpoint(1, ENDED_BY_SILENCE))
  session.turns.onWords('what time is it', false)
  assert.deepEqual(take(), ['hello', 'seat hear', 'seat frame 2', 'seat deaf', 'stt what time is it', 'tts start', 'seat ask what time is it'])
  session.turns.onEmotion('happy', '🙂')
  session.turns.onSentence('Noon.')
  session.turns.onFrame(Uint8Array.of(1))
  session.turns.onTurnEnd(false)
  clock.advance(1000)
  assert.deepEqual(take(), ['llm 🙂', 'tts sentence_start Noon.', 'frame 1', 'tts stop'])
  assert.equal(session.phase, 'idle')
})

test('an abort stops all there is, and once (T091, T094, T097)', t => {
  const { open, clock, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText('{"type":"listen","state":"detect","text":"hello"}')
  take()
  session.onText(ABORT)
  session.onText(ABORT)
  session.turns.onFrame(Uint8Array.of(1))
  clock.advance(1000)
  assert.deepEqual(take(), ['seat cancel', 'tts stop'])
})

test('a double press asks the second question only', t => {
  const { open, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(start('manual'))
  session.onText(STOP)
  session.onText(start('manual'))
  assert.equal(session.turns.onEndpoint(1, ENDED_BY_DEVICE), false)
  session.onText(STOP)
  assert.equal(session.turns.onEndpoint(2, ENDED_BY_DEVICE), true)
  session.turns.onWords('second', false)
  assert.deepEqual(take(), [
    'hello', 'seat hear-manual', 'seat hear-end', 'seat hear-manual', 'seat hear-end', 'stt second', 'tts start', 'seat ask second'
  ])
})

test('a packet that fits no record is dropped, and the session goes on', t => {
  const { open, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(start('auto'))
  take()
  session.onBinary(new Uint8Array(60_000))
  session.onBinary(new Uint8Array(0))
  assert.deepEqual(take(), ['seat frame 0'])
})

test('a language that is not recognised hears so, and a failure an apology', t => {
  const { open, clock, take } = makeRig(t)
  const german = open('b', 'de')
  german.onText(HELLO)
  german.onText(start('auto'))
  assert.equal(german.turns.onEndpoint(1, ENDED_BY_SILENCE), false)
  clock.advance(1000)
  assert.deepEqual(take(), ['hello', 'seat hear', 'seat deaf', 'tts start', 'tts sentence_start language', 'frame 1', 'tts stop'])
  const english = open('c')
  english.onText(HELLO)
  english.onText(start('auto'))
  english.turns.onEndpoint(1, ENDED_BY_SILENCE)
  english.turns.onRecognitionFailed(new Error('x'))
  clock.advance(1000)
  assert.deepEqual(take().slice(2), ['seat deaf', 'tts start', 'tts sentence_start apology', 'frame 1', 'tts stop'])
})

test('a turn without sound in time is given up, with an apology (T069)', t => {
  const { open, clock, config, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText('{"type":"listen","state":"detect","text":"hello"}')
  take()
  clock.advance(config.session.turnTimeoutMs + 1)
  session.sweep(clock.now())
  session.sweep(clock.now())
  clock.advance(1000)
  assert.deepEqual(take(), ['seat cancel', 'tts sentence_start apology', 'frame 1', 'tts stop'])
})

test('after a long answer the device has its whole time to go on', t => {
  const { open, clock, config, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText('{"type":"listen","state":"detect","text":"hello"}')
  const frames = config.session.idleCloseMs / 60 + 100
  for (let frame = 0; frame < frames; frame++) {
    session.turns.onFrame(Uint8Array.of(1))
    clock.advance(60)
  }
  session.turns.onTurnEnd(false)
  clock.advance(1000)
  assert.equal(session.phase, 'idle')
  session.sweep(clock.now())
  assert.ok(!session.isClosed)
  take()
  clock.advance(config.session.idleCloseMs + 1)
  session.sweep(clock.now())
  assert.deepEqual(take(), ['close 1000 idle', 'seat cancel', 'seat detach'])
})

test('speech whose frames stop coming is ended', t => {
  const { open, clock, config, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(start('auto'))
  session.onBinary(Uint8Array.of(1))
  session.turns.onSpeechStarted(1)
  take()
  session.sweep(clock.now() + config.hearing.gapMs)
  assert.deepEqual(take(), [])
  session.sweep(clock.now() + config.hearing.gapMs + 1)
  assert.deepEqual(take(), ['seat hear-gap'])
})

test('speech from before the last listen start holds nothing up', t => {
  const { open, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(start('realtime'))
  session.onText(start('realtime'))
  session.turns.onSpeechStarted(1) // it crossed the order to hear afresh, and will never end
  assert.ok(session.turns.onEndpoint(2, ENDED_BY_SILENCE))
  session.turns.onWords('what time is it', false)
  assert.ok(take().includes('stt what time is it'))
})

test('a seat is given back some time after the conversation, and taken again for the next one', t => {
  const { open, clock, config, take, attached, forgotten } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(start('manual'))
  session.sweep(clock.now() + config.session.seatLeaseMs + 1)
  assert.deepEqual(take(), ['hello', 'seat hear-manual'], 'one that listens keeps it')
  session.onText(STOP)
  session.sweep(clock.now() + config.session.seatLeaseMs)
  assert.deepEqual(take(), ['seat hear-end'])
  session.sweep(clock.now() + config.session.seatLeaseMs + 1)
  session.sweep(clock.now() + config.session.seatLeaseMs + 2)
  assert.deepEqual(take(), ['seat detach'])
  session.onText(start('auto'))
  assert.deepEqual(take(), ['seat hear'])
  assert.deepEqual([attached, forgotten], [[1, 1], []])
  session.close(1000, '')
  assert.deepEqual(forgotten, [1])
})

test('a seat is not given back while words or an answer are on their way', t => {
  const { open, clock, config, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(start('manual'))
  session.onText(STOP)
  session.turns.onEndpoint(1, ENDED_BY_DEVICE)
  session.sweep(clock.now() + config.session.seatLeaseMs + 1)
  session.turns.onWords('hello', false)
  session.turns.onFrame(Uint8Array.of(1))
  session.sweep(clock.now() + config.session.seatLeaseMs + 1)
  assert.ok(!take().includes('seat detach'))
})

test('when no seat is free the device is told so, and sent away', t => {
  const { open, clock, fill, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  fill()
  session.onText(start('auto'))
  session.onText(start('auto'))
  clock.advance(1000)
  assert.deepEqual(take(), ['hello', 'tts start', 'tts sentence_start busy', 'frame 1', 'tts stop', 'close 1013 busy'])
  assert.ok(session.isClosed)
})

test('a device that connects again is served, and its old connection closed (T033)', t => {
  const { hub, open, take } = makeRig(t)
  const old = open()
  old.onText(HELLO)
  old.onText(start('auto'))
  take()
  const young = open()
  assert.deepEqual(take(), ['close 1000 the device has connected again', 'seat cancel', 'seat detach'])
  assert.equal(hub.count, 1)
  hub.closed(old) // the socket says so, too
  assert.equal(open('').isClosed || open('').isClosed || young.isClosed, false)
  assert.equal(hub.count, 3)
})

test('what a slot is told reaches its session until that is gone', t => {
  const { hub, open } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  assert.equal(hub.inSlot(SLOT), undefined)
  session.onText(start('auto'))
  assert.equal(hub.inSlot(SLOT), session.turns)
  hub.closed(session)
  assert.equal(hub.inSlot(SLOT), undefined)
  session.turns.onWords('late', false)
  session.onText(start('auto'))
  assert.equal(hub.inSlot(SLOT), undefined)
})

test('a shutdown stops what is heard and says so (T034)', t => {
  const { hub, open, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText('{"type":"listen","state":"detect","text":"hello"}')
  take()
  hub.shutDown()
  assert.deepEqual(take(), ['tts stop', 'close 1001 the server is stopping', 'seat cancel', 'seat detach'])
  assert.equal(hub.count, 0)
})

test('a text that is too long is cut between two characters', t => {
  const { open, take } = makeRig(t, ['--session.maxTextBytes', '16'])
  const session = open()
  session.onText(HELLO)
  session.onText(`{"type":"listen","state":"detect","text":"${'好'.repeat(20)}"}`)
  assert.equal(take().at(-1), 'seat ask 好好好好好')
})

test('packets that UDP lost are made up for while somebody is heard, and not before', t => {
  const { open, take } = makeRig(t)
  const session = open('a', 'en', 3, true)
  session.onText(HELLO)
  session.onMissing(1)
  session.onText(start('auto'))
  take()
  session.onMissing(2)
  session.onBinary(new Uint8Array(20))
  assert.deepEqual(take(), ['seat skip 2', 'seat frame 4'])
})

test('behind a gateway tts stop waits longer, for audio that is late (T140)', t => {
  const stopAt = (isBehindGateway: boolean): number => {
    const { open, clock, take } = makeRig(t)
    const session = open('a', 'en', 1, isBehindGateway)
    session.onText(HELLO)
    session.onText('{"type":"listen","state":"detect","text":"hi"}')
    clock.advance(1)
    session.turns.onFrame(Uint8Array.of(1))
    session.turns.onTurnEnd(false)
    take()
    for (let ms = 1; ms < 5000; ms++) {
      clock.advance(1)
      if (take().includes('tts stop')) return ms
    }
    return -1
  }
  assert.equal(stopAt(true) - stopAt(false), 150)
})
