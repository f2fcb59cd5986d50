import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENDED_BY_SILENCE } from '../../src/ring/endpoint.js'
import { HELLO, makeRig, start, STOP } from './session-rig.js'

const AEC_HELLO = '{"type":"hello","version":1,"features":{"aec":true,"mcp":true}}'
const detect = (text: string): string => JSON.stringify({ type: 'listen', state: 'detect', text })

test('a device that listens and sends nothing is gone (T036)', t => {
  const { open, clock, config, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(start('auto'))
  clock.advance(5000)
  session.onBinary(Uint8Array.of(0x58))
  clock.advance(config.session.silentCloseMs)
  session.sweep(clock.now())
  assert.ok(!session.isClosed)
  session.sweep(clock.now() + 1)
  assert.equal(take().at(-3), 'close 1000 the device is gone')
})

test('a push-to-talk device that is held still is not gone, nor is one that speaks', t => {
  const { open, clock, config } = makeRig(t)
  for (const mode of ['manual', 'auto']) {
    const session = open(mode)
    session.onText(HELLO)
    session.onText(start(mode))
    if (mode === 'auto') session.onText(detect('hello'))
    session.sweep(clock.now() + config.session.silentCloseMs + 1)
    assert.ok(!session.isClosed, mode)
  }
})

test('a device that takes no more audio is gone (T151)', t => {
  const { open, clock, config, take, block } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(detect('hello'))
  block()
  for (let frame = 0; frame < 3; frame++) session.turns.onFrame(Uint8Array.of(1))
  clock.advance(1000)
  session.sweep(clock.now())
  assert.ok(!session.isClosed)
  assert.equal(session.sweep(clock.now() + config.session.silentCloseMs), 'blocked')
  assert.ok(take().includes('close 1000 the device does not read'))
})

test('one that listens to silence is told goodbye, then disconnected (T050, WS-15)', t => {
  const { open, clock, config, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(start('auto'))
  take()
  clock.advance(config.session.idleCloseMs)
  session.onBinary(Uint8Array.of(0x58))
  session.sweep(clock.now())
  assert.deepEqual(take(), ['seat frame 1'])
  clock.advance(1)
  session.sweep(clock.now())
  session.sweep(clock.now())
  clock.advance(1000)
  assert.deepEqual(take(), ['seat deaf', 'tts start', 'tts sentence_start goodbye', 'frame 1', 'tts stop', 'close 1000 goodbye', 'seat cancel', 'seat detach'])
})

test('who speaks over the farewell is heard', t => {
  const { open, clock, config, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(start('realtime'))
  clock.advance(config.session.idleCloseMs + 1)
  session.onBinary(Uint8Array.of(0x58))
  session.sweep(clock.now())
  take()
  session.turns.onSpeechStarted(1)
  session.turns.onSpeechLasts(1)
  clock.advance(2000)
  assert.ok(session.turns.onEndpoint(1, ENDED_BY_SILENCE))
  session.turns.onWords('wait', false)
  assert.deepEqual(take(), ['seat cancel', 'tts stop', 'stt wait', 'tts start', 'seat ask wait'])
})

test('one that does not even listen is disconnected sooner, without a word (T039, T083)', t => {
  const { open, clock, config, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  take()
  session.sweep(clock.now() + config.session.restCloseMs)
  session.sweep(clock.now() + config.session.restCloseMs + 1)
  assert.deepEqual(take(), ['close 1000 idle'])
})

test('a connection that must stay open is kept alive by a message that the device ignores (T039, T117)', t => {
  const { open, clock, config, takeTexts } = makeRig(t, ['--session.restCloseMs=1000000'])
  for (const [hello, message] of [
    [HELLO, '{"type":"keepalive"}'],
    [AEC_HELLO, '{"type":"mcp","payload":{"jsonrpc":"2.0","method":"notifications/keepalive"}}']
  ] as const) {
    const session = open()
    session.onText(hello)
    takeTexts()
    session.sweep(clock.now() + config.session.keepAliveMs)
    assert.deepEqual(takeTexts(), [])
    clock.advance(config.session.keepAliveMs + 1)
    session.sweep(clock.now())
    session.sweep(clock.now() + 1)
    assert.deepEqual(takeTexts(), [message])
  }
})

test('an exit word is answered by a farewell that is heard to its end (T070, DLG-04)', t => {
  const { open, clock, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(detect('Goodbye!'))
  clock.advance(1000)
  assert.deepEqual(take(), ['hello', 'stt Goodbye', 'tts start', 'tts sentence_start goodbye', 'frame 1', 'tts stop', 'close 1000 goodbye', 'seat cancel', 'seat detach'])
})

test('a device that was told enough for today is told no more (DLG-05)', t => {
  const { open, clock, take } = makeRig(t, ['--session.dailyCharacters=10'])
  const session = open()
  session.onText(HELLO)
  session.onText(detect('hello'))
  session.turns.onSentence('Ten characters')
  session.turns.onTurnEnd(false)
  clock.advance(1000)
  take()
  open('b').onText(HELLO)
  session.onText(detect('hello'))
  clock.advance(1000)
  assert.deepEqual(take(), ['hello', 'stt hello', 'tts start', 'tts sentence_start quota', 'frame 1', 'tts stop', 'close 1000 quota', 'seat cancel', 'seat detach'])
})

test('a ping is answered (MSG-09)', t => {
  const { open, takeTexts } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  takeTexts()
  session.onText('{"type":"ping"}')
  assert.match(takeTexts()[0]!, /^\{"type":"pong","timestamp":"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"\}$/)
})

test('in manual mode silence ends an utterance only where that is configured', t => {
  for (const [argv, hear] of [[[], 'seat hear-manual'], [['--compat.endpointInManualMode=true'], 'seat hear']] as const) {
    const { open, take } = makeRig(t, argv)
    const session = open()
    session.onText(HELLO)
    session.onText(start('manual'))
    assert.deepEqual(take(), ['hello', hear])
  }
})

test('the device\'s own sample rate is announced only where that is configured (MSG-01)', t => {
  const hello = '{"type":"hello","audioParams":{"sampleRate":16000,"frameDuration":20}}'
  for (const [argv, rate] of [[[], 24_000], [['--compat.echoAudioParams=true'], 16_000]] as const) {
    const { open, takeTexts } = makeRig(t, argv)
    open().onText(hello)
    assert.deepEqual((JSON.parse(takeTexts()[0]!) as { audio_params: object }).audio_params, { format: 'opus', sample_rate: rate, channels: 1, frame_duration: 60 })
  }
})

test('a device that is not approved hears its code, once in a while, and nothing else (WS-17)', t => {
  const { connect, clock, config, take } = makeRig(t)
  const session = connect({ activationCode: '460609' })
  session.onText(HELLO)
  session.onText(start('auto'))
  session.onText(detect('hello'))
  session.onBinary(Uint8Array.of(1))
  clock.advance(1000)
  assert.deepEqual(take(), ['hello', 'stt code 460609', 'tts start', 'tts sentence_start code 460609', 'frame 1', 'tts stop'])
  clock.advance(config.session.activationEveryMs)
  session.onText(start('auto'))
  clock.advance(1000)
  assert.equal(take().length, 5)
})

test('the server speaks first when nobody else does (T074)', async t => {
  const { open, clock, take } = makeRig(t)
  const session = open()
  assert.equal(await session.obey({ kind: 'speak', text: 'too early' }), 'offline')
  session.onText(HELLO)
  take()
  const spoken = session.obey({ kind: 'speak', text: 'Dinner is ready.' })
  assert.equal(await session.obey({ kind: 'speak', text: 'Me too.' }), 'busy')
  assert.equal(await session.obey({ kind: 'alert', alert: { status: 'a', message: 'b', emotion: 'sad' } }), 'busy')
  session.turns.onSentence('Dinner is ready.')
  session.turns.onFrame(Uint8Array.of(1))
  session.turns.onTurnEnd(false)
  clock.advance(1000)
  assert.deepEqual(take(), ['tts start', 'seat speak Dinner is ready.', 'tts sentence_start Dinner is ready.', 'frame 1', 'tts stop'])
  assert.equal(await spoken, 'spoken')
})

test('an announcement that is interrupted says so, and where there is no seat nobody is disturbed', async t => {
  const { open, fill, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  const cut = session.obey({ kind: 'speak', text: 'Dinner is ready.' })
  session.onText(start('auto'))
  assert.equal(await cut, 'cut')
  const other = open('b')
  other.onText(HELLO)
  fill()
  take()
  assert.equal(await other.obey({ kind: 'speak', text: 'Dinner is ready.' }), 'busy')
  assert.deepEqual(take(), [])
})

test('alert, reboot, custom and notify are complete messages (T124, T125)', async t => {
  const { open, takeTexts } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  takeTexts()
  const subtitles = [{ start_ms: 0, text: 'Done.' }]
  await session.obey({ kind: 'alert', alert: { status: 'Hot', message: 'Over 40 °C', emotion: 'sad' } })
  await session.obey({ kind: 'reboot' })
  await session.obey({ kind: 'custom', payload: { a: 1 } })
  await session.obey({ kind: 'notify', audioUrl: 'http://10.0.0.1/a.ogg', subtitles })
  const session_id = session.id
  assert.deepEqual(takeTexts().map(text => JSON.parse(text) as object), [
    { type: 'alert', status: 'Hot', message: 'Over 40 °C', emotion: 'sad', session_id },
    { type: 'system', command: 'reboot', session_id },
    { type: 'custom', payload: { a: 1 }, session_id },
    { type: 'notify', audio_url: 'http://10.0.0.1/a.ogg', subtitles }
  ])
  session.onText(start('auto'))
  assert.equal(await session.obey({ kind: 'notify', audioUrl: 'http://10.0.0.1/a.ogg', subtitles }), 'busy')
})

test('a call of another device is told as it is (MSG-07)', t => {
  const { open, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(detect('[device_call]Kitchen calls'))
  assert.deepEqual(take(), ['hello', 'stt Kitchen calls', 'tts start', 'seat speak Kitchen calls'])
})

test('a server message is obeyed with its secret only, and ignored where there is none (MSG-10)', t => {
  const order = (action: string, secret: string): string => JSON.stringify({ type: 'server', action, content: { secret } })
  const off = makeRig(t)
  const deaf = off.open()
  deaf.onText(order('restart', ''))
  assert.deepEqual(off.take(), [])
  const { open, log, takeTexts } = makeRig(t, ['--compat.serverSecret=s3cret'])
  const session = open()
  session.onText(order('restart', 'wrong'))
  session.onText(order('update_config', 's3cret'))
  assert.ok(!log.includes('restart'))
  session.onText(order('restart', 's3cret'))
  assert.ok(log.includes('restart'))
  assert.deepEqual(takeTexts().map(text => (JSON.parse(text) as { status: string }).status), ['error', 'error', 'success'])
})

test('its own answer in the microphone interrupts nothing and is no question (T086)', t => {
  const { open, clock, take } = makeRig(t)
  const session = open()
  session.onText(AEC_HELLO)
  session.onText(start('realtime'))
  session.onText(detect('tell me something'))
  session.turns.onSentence('The river flows to the sea.')
  session.turns.onFrame(Uint8Array.of(1))
  take()
  session.turns.onSpeechStarted(1)
  assert.ok(session.turns.onEndpoint(1, ENDED_BY_SILENCE))
  session.turns.onWords('the river flow to the sea', false)
  assert.deepEqual(take(), [])
  session.turns.onSpeechStarted(1)
  assert.ok(session.turns.onEndpoint(1, ENDED_BY_SILENCE))
  session.turns.onWords('stop please', false)
  clock.advance(100)
  assert.deepEqual(take(), ['seat cancel', 'tts stop', 'stt stop please', 'seat ask stop please', 'tts start'])
})

test('a device without emoji is sent none (MSG-03)', t => {
  const { open, take } = makeRig(t)
  const session = open()
  session.onText('{"type":"hello","features":{"emoji":false}}')
  session.onText(detect('hello'))
  take()
  session.turns.onEmotion('happy', '🙂')
  assert.deepEqual(take(), [])
})

test('after an answer a manual device may press again on the same connection (T080)', t => {
  const { open, clock, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(detect('hello'))
  session.turns.onTurnEnd(false)
  clock.advance(1000)
  take()
  session.onText(start('manual'))
  session.onText(STOP)
  assert.deepEqual(take(), ['seat hear-manual', 'seat hear-end'])
})

test('tts stop comes early to firmware that plays on, and to no other (T064, T065)', t => {
  for (const [firmwareVersion, isBehindGateway, isEarly] of [
    ['2.4.2', false, true], ['2.2.2', false, true], ['2.10', false, true], ['2.2.1', false, false], ['2.0.5', false, false],
    [undefined, false, false], ['', false, false], ['2.4.2', true, false]
  ] as const) {
    const { connect, clock, take } = makeRig(t)
    const session = connect({ firmwareVersion, isBehindGateway })
    session.onText(HELLO)
    session.onText(detect('hello'))
    session.turns.onFrame(Uint8Array.of(1))
    session.turns.onTurnEnd(false)
    clock.advance(105)
    assert.equal(take().includes('tts stop'), isEarly, `${firmwareVersion} ${isBehindGateway}`)
  }
})

test('a wake word is greeted at once without a model, and what follows interrupts nothing (OUT-08)', t => {
  const { open, clock, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(detect('你好，小智'))
  session.onText(start('auto'))
  clock.advance(1000)
  assert.deepEqual(take(), ['hello', 'tts start', 'tts sentence_start greeting', 'frame 1', 'tts stop'])
  session.onText(start('auto'))
  assert.deepEqual(take(), ['seat hear'])
})

test('where the model answers a wake word it is given a greeting (MSG-05)', t => {
  const { open, take } = makeRig(t, ['--session.wakeReply', 'model'])
  const session = open()
  session.onText(HELLO)
  session.onText(detect('你好小智'))
  assert.deepEqual(take(), ['hello', 'stt 嘿，你好呀', 'tts start', 'seat ask 嘿，你好呀'])
})

test('what a device says of its tools goes to those who keep them, and is no sign that somebody is there (T101, T102)', t => {
  const { open, clock, config, take } = makeRig(t)
  const mcp = '{"session_id":"S","type":"mcp","payload":{"jsonrpc":"2.0","id":1,"result":{}}}'
  const [able, unable] = [open('a'), open('b')]
  able.onText(AEC_HELLO)
  unable.onText(HELLO)
  assert.deepEqual(take(), ['hello', 'tools open 1 a mcp', 'hello'])
  clock.advance(config.session.restCloseMs + 1)
  able.onText(mcp)
  assert.deepEqual(take(), ['tools open 1 a', `tools push 1 ${mcp}`])
  able.sweep(clock.now())
  assert.deepEqual(take(), ['close 1000 idle'])
})

test('a button that is held down for long is not taken for absence, while audio comes (T082)', t => {
  const { open, clock, config, take } = makeRig(t)
  const session = open()
  session.onText(HELLO)
  session.onText(start('manual'))
  for (let ms = 0; ms < config.session.idleCloseMs * 2; ms += 5000) {
    clock.advance(5000)
    session.onBinary(Uint8Array.of(1))
    session.sweep(clock.now())
  }
  assert.ok(!session.isClosed)
  clock.advance(config.session.silentCloseMs + 1)
  session.sweep(clock.now())
  clock.advance(1000)
  assert.ok(take().includes('tts sentence_start goodbye'))
})
