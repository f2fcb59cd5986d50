import assert from 'node:assert/strict'
import { mock, test, type TestContext } from 'node:test'
import { StartHold } from '../../src/mqtt/start-hold.js'

const START = '{"type":"tts","state":"start","session_id":"S"}'

function makeRig (t: TestContext) {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.after(() => { mock.timers.reset() })
  const log: string[] = []
  const hold = new StartHold({ publish: text => { log.push(text) }, sendFrame: (_message, timestamp) => { log.push(`frame ${timestamp}`) } })
  return { hold, take: () => log.splice(0), pass: (ms: number) => { mock.timers.tick(ms) } }
}

test('the first answer waits for the device\'s first packet, and its audio 100 ms longer (T134, T140)', t => {
  const { hold, take, pass } = makeRig(t)
  hold.text('stt')
  hold.text(START)
  hold.text('sentence')
  hold.frame(Uint8Array.of(1), 60)
  assert.deepEqual(take(), ['stt'])
  pass(60)
  hold.release()
  hold.frame(Uint8Array.of(2), 120)
  assert.deepEqual(take(), [START, 'sentence'])
  pass(99)
  assert.deepEqual(take(), [])
  pass(1)
  assert.deepEqual(take(), ['frame 60', 'frame 120'])
})

test('where audio came before the answer nothing waits', t => {
  const { hold, take } = makeRig(t)
  hold.release()
  hold.text(START)
  hold.frame(Uint8Array.of(1), 60)
  assert.deepEqual(take(), [START, 'frame 60'])
})

test('a device that never sends audio is told after half a second, and after that at once', t => {
  const { hold, take, pass } = makeRig(t)
  hold.text(START)
  pass(499)
  assert.deepEqual(take(), [])
  pass(1)
  assert.deepEqual(take(), [START])
  hold.text(START)
  assert.deepEqual(take(), [START])
})

test('no more audio waits than a device may be sent ahead', t => {
  const { hold, take, pass } = makeRig(t)
  hold.text(START)
  for (let frame = 1; frame <= 30; frame++) hold.frame(Uint8Array.of(frame), frame)
  hold.release()
  pass(100)
  assert.equal(take().length, 1 + 18)
})

test('nothing that waits outlives its session', t => {
  const { hold, take, pass } = makeRig(t)
  hold.text(START)
  hold.frame(Uint8Array.of(1), 60)
  hold.close()
  pass(1000)
  assert.deepEqual(take(), [])
})
