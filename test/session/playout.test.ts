import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePrompt, PlayoutRig, playoutOptions, SLOT } from './playout-rig.js'
import { FakeClock } from './fake-clock.js'

const { frameMs, leadMs, refillMs, startGapMs, restartGapMs } = playoutOptions
const TAIL_MS = 60

test('tts start comes first, and no frame before the start gap is over (T055)', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.push(8)
  rig.clock.advance(startGapMs - 1)
  assert.deepEqual(rig.words, ['start'])
  rig.clock.advance(1)
  assert.equal(rig.frameTimes[0], rig.timesOf('start')[0]! + startGapMs)
})

test('the lead goes at once, then one frame per frame length (T056)', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.push(16)
  rig.clock.advance(startGapMs)
  assert.equal(rig.frameTimes.length, leadMs / frameMs)
  rig.clock.advance(5 * frameMs)
  const later = rig.frameTimes.slice(leadMs / frameMs)
  assert.deepEqual(later, later.map((_, index) => rig.frameTimes[0]! + (index + 1) * frameMs))
  assert.equal(later.length, 5)
})

test('frames keep their order, and their times grow and are never zero (T089)', () => {
  const rig = new PlayoutRig()
  for (let turn = 0; turn < 3; turn++) {
    rig.playout.begin(SLOT)
    rig.push(6)
    rig.playout.end()
    rig.clock.advance(2000)
  }
  assert.deepEqual(rig.words.filter(what => what.startsWith('f')), Array.from({ length: 18 }, (_, index) => `f${index}`))
  assert.deepEqual(rig.timestamps, rig.timestamps.map((_, index) => (index + 1) * frameMs))
})

for (const length of [20, 40, 60]) {
  test(`120 s of ${length} ms frames do not drift (T057)`, () => {
    const rig = new PlayoutRig({ frameMs: length })
    rig.playout.begin(SLOT)
    rig.feed(120_000)
    const times = rig.frameTimes
    const lead = leadMs / length
    assert.ok(times.length > 119_000 / length)
    for (let frame = lead; frame < times.length; frame++) {
      const deadline = times[0]! + (frame - lead + 1) * length
      assert.ok(times[frame]! >= deadline && times[frame]! - deadline < 5, `frame ${frame}: ${times[frame]! - deadline} ms late`)
    }
    assert.deepEqual([rig.stats.lateFrames, rig.stats.underruns], [0, 0])
    assert.equal(rig.stats.frames, times.length)
  })
}

test('after a hole the device gets the refill, and one underrun is counted (T062)', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.push(6)
  rig.clock.advance(startGapMs + 1500)
  assert.equal(rig.stats.underruns, 0, 'an empty device is no underrun until a frame shows that more was to come')
  rig.clear()
  rig.push(16)
  rig.clock.advance(5)
  assert.equal(rig.frameTimes.length, refillMs / frameMs)
  rig.clock.advance(10 * frameMs)
  assert.equal(rig.frameTimes.length, refillMs / frameMs + 10)
  assert.deepEqual([rig.stats.lateFrames, rig.stats.underruns], [0, 1])
  assert.ok(!rig.words.includes('stop'))
})

test('the refill is reached also when the frames after a hole come one by one', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.push(4)
  rig.clock.advance(startGapMs + 1000)
  rig.clear()
  for (let frame = 0; frame < 10; frame++) {
    rig.push(1)
    rig.clock.advance(5)
  }
  assert.equal(rig.frameTimes.length, refillMs / frameMs)
})

test('a frame that the voice brings late is no late frame of ours', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.clock.advance(startGapMs)
  for (let frame = 0; frame < 20; frame++) {
    rig.push(1)
    rig.clock.advance(50)
  }
  assert.equal(rig.stats.lateFrames, 0)
})

test('a frame that the clock brings more than 20 ms late is counted', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.push(16)
  rig.clock.advance(startGapMs + 10)
  rig.clock.block(frameMs + 21)
  rig.clock.advance(0)
  assert.equal(rig.stats.lateFrames, 1)
})

test('a sentence is announced just before its frames (T063)', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.playout.pushSentence('one')
  rig.push(6)
  rig.playout.pushSentence('two')
  rig.push(3)
  rig.playout.end()
  rig.clock.advance(3000)
  assert.deepEqual(rig.words, ['start', '"one"', 'f0', 'f1', 'f2', 'f3', 'f4', 'f5', '"two"', 'f6', 'f7', 'f8', 'stop', 'spoken'])
  assert.deepEqual(rig.timesOf('"two"'), rig.timesOf('f6'))
})

test('tts stop comes when everything was heard, and the rest of the device', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.push(10)
  rig.playout.end()
  rig.clock.advance(5000)
  assert.deepEqual(rig.timesOf('stop'), [rig.frameTimes[0]! + 10 * frameMs + TAIL_MS])
  assert.deepEqual(rig.timesOf('spoken'), rig.timesOf('stop'))
  assert.equal(rig.playout.isOn, false)
  assert.equal(rig.credit, 0)
})

test('firmware that plays on is told at once, and the next answer waits for what it plays (T064)', () => {
  const rig = new PlayoutRig({ stopsEarly: true })
  rig.playout.begin(SLOT)
  rig.push(4)
  rig.playout.end()
  rig.clock.advance(100)
  const begunAt = rig.timesOf('start')[0]!
  assert.deepEqual(rig.timesOf('stop'), [begunAt + 100])
  rig.playout.begin(SLOT)
  rig.clock.advance(1000)
  assert.equal(rig.timesOf('start')[1]! - begunAt, 100 + 4 * 60 + 60)
})

test('the end of an answer is told early also while time goes on', () => {
  class MovingClock extends FakeClock {
    #looks = 0
    override now (): number { return super.now() + this.#looks++ / 1000 }
  }
  const rig = new PlayoutRig({ stopsEarly: true }, new MovingClock())
  rig.playout.begin(SLOT)
  rig.push(4)
  rig.playout.end()
  rig.clock.advance(110)
  assert.equal(rig.timesOf('stop').length, 1)
})

test('after a cut the next answer waits for nothing that the device has left', () => {
  const rig = new PlayoutRig({ stopsEarly: true })
  rig.playout.begin(SLOT)
  rig.push(4)
  rig.playout.end()
  rig.clock.advance(100)
  rig.playout.begin(SLOT)
  rig.playout.cut()
  rig.playout.begin(SLOT)
  rig.clock.advance(50)
  assert.equal(rig.timesOf('start').length, 2)
})

test('an answer without a sound ends all the same (T068)', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.playout.end()
  rig.clock.advance(1000)
  assert.deepEqual(rig.words, ['start', 'stop', 'spoken'])
})

test('what belongs behind tts start waits for it, and is dropped outside of a turn', () => {
  const rig = new PlayoutRig()
  rig.playout.sendInTurn('early')
  rig.playout.begin(SLOT)
  rig.playout.cut()
  rig.clear()
  rig.playout.begin(SLOT)
  rig.playout.sendInTurn('mood')
  assert.deepEqual(rig.words, [])
  rig.clock.advance(restartGapMs)
  rig.playout.sendInTurn('more')
  assert.deepEqual(rig.words, ['start', 'text:mood', 'text:more'])
})

test('between tts stop and the next tts start there is the restart gap (T088)', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.push(3)
  rig.clock.advance(200)
  rig.playout.cut()
  rig.clock.advance(10)
  rig.playout.begin(SLOT)
  rig.push(1)
  rig.clock.advance(1000)
  assert.equal(rig.timesOf('start')[1], rig.timesOf('stop')[0]! + restartGapMs)
  assert.equal(rig.frameTimes.at(-1), rig.timesOf('start')[1]! + startGapMs)
})

for (const [name, ms] of [
  ['before the start gap is over (T094)', 50],
  ['between the frames (T091)', startGapMs + 130],
  ['after the last frame, before its end', startGapMs + 12 * frameMs]
] as const) {
  test(`a cut ${name} sends one tts stop and nothing else`, () => {
    const rig = new PlayoutRig()
    rig.playout.begin(SLOT)
    rig.push(12)
    rig.playout.end()
    rig.clock.advance(ms)
    rig.clear()
    rig.playout.cut()
    rig.playout.cut()
    rig.push(2)
    rig.playout.pushSentence('late')
    rig.playout.end()
    rig.clock.advance(3000)
    assert.deepEqual(rig.words, ['stop'])
    assert.equal(rig.credit, 0)
    assert.equal(rig.clock.scheduled, 0)
  })
}

test('a cut while tts start waits for its gap sends nothing at all', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.playout.cut()
  rig.clear()
  rig.playout.begin(SLOT)
  rig.push(3)
  rig.clock.advance(restartGapMs - 5)
  rig.playout.cut()
  rig.clock.advance(3000)
  assert.deepEqual(rig.words, [])
  assert.equal(rig.credit, 0)
})

test('a cut after tts stop sends nothing', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.push(1)
  rig.playout.end()
  rig.clock.advance(3000)
  rig.playout.cut()
  assert.equal(rig.timesOf('stop').length, 1)
})

test('a slow socket stops the clock, and no burst follows', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.push(16)
  rig.clock.advance(startGapMs)
  rig.result = 'queued'
  rig.clock.advance(frameMs)
  const before = rig.frameTimes.length
  rig.clock.advance(3000)
  assert.equal(rig.frameTimes.length, before, 'nothing goes while the socket is full')
  rig.result = 'sent'
  rig.clear()
  rig.playout.drained()
  rig.clock.advance(5)
  assert.equal(rig.frameTimes.length, refillMs / frameMs)
  rig.clock.advance(2 * frameMs)
  assert.equal(rig.frameTimes.length, refillMs / frameMs + 2)
  assert.equal(rig.stats.lateFrames, 0)
})

test('a socket that drains before the device ran empty changes nothing', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.push(10)
  rig.clock.advance(startGapMs)
  rig.result = 'queued'
  rig.clock.advance(frameMs)
  rig.result = 'sent'
  rig.playout.drained()
  rig.playout.drained()
  rig.clock.advance(3 * frameMs)
  const late = rig.frameTimes.slice(4)
  assert.deepEqual(late, late.map((_, index) => rig.frameTimes[0]! + (index + 1) * frameMs))
  assert.equal(rig.stats.underruns, 0)
})

test('a failed turn ends with the prompt, after what had been said', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.playout.pushSentence('one')
  rig.push(2)
  rig.playout.end(makePrompt(5))
  rig.clock.advance(3000)
  assert.deepEqual(rig.words, ['start', '"one"', 'f0', 'f1', '"sorry"', 'p0', 'p1', 'p2', 'p3', 'p4', 'stop', 'spoken'])
  assert.deepEqual(rig.timesOf('stop'), [rig.frameTimes[0]! + 7 * frameMs + TAIL_MS])
  assert.equal(rig.credit, 0)
})

test('a prompt longer than the queue is paced like all else, and a cut ends it', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.playout.end(makePrompt(200))
  rig.clock.advance(startGapMs + 10 * frameMs)
  assert.equal(rig.frameTimes.length, leadMs / frameMs + 10)
  rig.clear()
  rig.playout.cut()
  rig.clock.advance(3000)
  assert.deepEqual(rig.words, ['stop'])
})

test('a turn that ended and is given up all the same has one end', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.playout.end()
  rig.playout.end(makePrompt(2))
  rig.clock.advance(3000)
  assert.deepEqual(rig.words, ['start', '"sorry"', 'p0', 'p1', 'stop', 'spoken'])
})

test('a lead above the bounds is cut down to them (T059)', () => {
  const rig = new PlayoutRig({ frameMs: 20, leadMs: 2000, refillMs: 2000 })
  rig.playout.begin(SLOT)
  rig.push(40)
  rig.clock.advance(startGapMs)
  assert.equal(rig.frameTimes.length, playoutOptions.maxAheadPackets)
})

test('without a lead frames are still in time', () => {
  const rig = new PlayoutRig({ leadMs: 0, refillMs: 20 })
  rig.playout.begin(SLOT)
  rig.feed(6000)
  assert.equal(rig.stats.underruns, 0)
})

test('a great credit of short frames loses none', () => {
  const rig = new PlayoutRig({ frameMs: 20, maxAheadMs: 5000, maxAheadPackets: 40 })
  rig.playout.begin(SLOT)
  rig.push(250)
  rig.playout.end()
  rig.clock.advance(10_000)
  assert.equal(rig.frameTimes.length, 250)
  assert.equal(rig.words.at(-1), 'spoken')
})

test('a flood of sentences without sound does not lose the end', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  for (let sentence = 0; sentence < 500; sentence++) rig.playout.pushSentence('…')
  rig.playout.end()
  rig.clock.advance(3000)
  assert.deepEqual(rig.words.slice(-2), ['stop', 'spoken'])
})

test('a socket that breaks over a frame gives each credit back once', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.push(8)
  rig.onFrame = () => { rig.playout.close() }
  rig.clock.advance(3000)
  assert.equal(rig.frameTimes.length, 1)
  assert.equal(rig.credit, 0)
  assert.equal(rig.clock.scheduled, 0)
})

test('a closed session sends nothing more', () => {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  rig.push(8)
  rig.clock.advance(startGapMs)
  rig.clear()
  rig.playout.close()
  rig.clock.advance(3000)
  assert.deepEqual(rig.words, [])
  assert.equal(rig.credit, 0)
})
