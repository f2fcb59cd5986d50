import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FloodGuard } from '../../src/session/flood-guard.js'

const limits = { textsPerSecond: 20, textBurst: 100, framesPerSecond: 120, frameBurst: 300 }

/** How many of the messages are taken that arrive at even distances for so long. */
function taken (perSecond: number, seconds: number, take: (now: number) => boolean): number {
  return Array.from({ length: perSecond * seconds }, (_, index) => take(index * 1000 / perSecond)).filter(Boolean).length
}

test('a device that sends 20 ms frames for ten minutes loses none', () => {
  const guard = new FloodGuard(limits, 0)
  assert.equal(taken(50, 600, now => guard.takesFrame(now)), 50 * 600)
})

test('the 40 frames that a device saved up pass at once, on top of what it sends anyway', () => {
  const guard = new FloodGuard(limits, 0)
  for (let second = 0; second < 60; second++) {
    for (let frame = 0; frame < 17 + 40; frame++) assert.equal(guard.takesFrame(second * 1000), true)
  }
})

test('200 frames a second are refused within 5 s (T157)', () => {
  const guard = new FloodGuard(limits, 0)
  assert.ok(taken(200, 5, now => guard.takesFrame(now)) < 1000)
})

test('a device of 5 ms frames may send the 200 a second that its audio needs, for ten minutes', () => {
  const guard = new FloodGuard(limits, 0)
  guard.allowFramesOf(5)
  assert.equal(taken(200, 600, now => guard.takesFrame(now)), 200 * 600)
  assert.ok(taken(1000, 5, now => guard.takesFrame(600_000 + now)) < 5000, 'a flood of theirs')
})

test('what a hello announces takes nothing away, counts once, and has a limit', () => {
  const cases = [[120, 120, true], [60, 200, false], [0.001, 400, true], [0.001, 1000, false], [undefined, 200, false]] as const
  for (const [frameMs, perSecond, passes] of cases) {
    const guard = new FloodGuard(limits, 0)
    guard.allowFramesOf(frameMs)
    guard.allowFramesOf(frameMs === undefined ? undefined : 5)
    assert.equal(taken(perSecond, 20, now => guard.takesFrame(now)) === perSecond * 20, passes, `${frameMs} ms, ${perSecond}/s`)
  }
})

test('1000 texts a second are refused within the first (T157), frames pass still', () => {
  const guard = new FloodGuard(limits, 0)
  assert.equal(taken(1000, 1, now => guard.takesText(now)), 119)
  assert.equal(guard.takesFrame(1000), true)
})

test('whatever the times, no more pass than the burst and the refill', () => {
  fc.assert(fc.property(fc.array(fc.nat({ max: 50 }), { maxLength: 500 }), pauses => {
    const guard = new FloodGuard(limits, 0)
    let now = 0
    let passed = 0
    for (const pause of pauses) {
      now += pause
      if (guard.takesText(now)) passed++
    }
    assert.ok(passed <= limits.textBurst + now / 1000 * limits.textsPerSecond + 1e-6)
    assert.ok(passed >= Math.min(pauses.length, limits.textBurst))
  }), { seed: 1 })
})
