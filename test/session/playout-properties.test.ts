import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makePrompt, PlayoutRig, playoutOptions, SLOT } from './playout-rig.js'

type Move =
  | { readonly kind: 'begin' | 'sentence' | 'end' | 'fail' | 'cut' | 'close' | 'drain' | 'early' }
  | { readonly kind: 'push', readonly frames: number }
  | { readonly kind: 'pass', readonly ms: number }
  | { readonly kind: 'socket', readonly result: 'sent' | 'queued' | 'dropped' }

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('push' as const), frames: fc.integer({ min: 1, max: 16 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('socket' as const), result: fc.constantFrom('sent' as const, 'queued' as const, 'dropped' as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('begin' as const, 'sentence' as const, 'end' as const, 'fail' as const, 'cut' as const, 'drain' as const, 'early' as const) }) }
)

function apply (rig: PlayoutRig, move: Move): void {
  const { playout } = rig
  switch (move.kind) {
    // As a session does: a turn begins when none is under way.
    case 'begin': if (!playout.isOn) playout.begin(SLOT); break
    case 'sentence': playout.pushSentence('s'); break
    case 'end': playout.end(); break
    case 'fail': playout.end(makePrompt(7)); break
    case 'cut': playout.cut(); break
    case 'close': playout.close(); break
    case 'drain': rig.result = 'sent'; playout.drained(); break
    case 'early': playout.sendInTurn('m'); break
    case 'push': rig.push(Math.min(move.frames, 16 - rig.credit)); break
    case 'pass': rig.clock.advance(move.ms); break
    case 'socket': rig.result = move.result; break
  }
}

const runs = { numRuns: 1500, seed: 3 }
const moves = fc.array(move, { maxLength: 60 })

function run (list: readonly Move[]): PlayoutRig {
  const rig = new PlayoutRig()
  rig.playout.begin(SLOT)
  for (const move of list) apply(rig, move)
  return rig
}

test('credit comes back for every frame, whatever happens', () => {
  fc.assert(fc.property(moves, fc.constantFrom('cut' as const, 'close' as const, 'end' as const), (list, last) => {
    const rig = run(list)
    apply(rig, { kind: last })
    apply(rig, { kind: 'drain' })
    rig.clock.advance(20_000)
    assert.equal(rig.credit, 0)
    assert.equal(rig.playout.isOn, false)
    assert.equal(rig.clock.scheduled, 0)
  }), runs)
})

test('starts and stops alternate, with the gaps between, and all else is inside of them', () => {
  fc.assert(fc.property(moves, list => {
    const rig = run(list)
    let startedAt = -1
    let stoppedAt = -Infinity
    for (const { at, what } of rig.sent) {
      if (what === 'start') {
        assert.equal(startedAt, -1)
        assert.ok(at - stoppedAt >= playoutOptions.restartGapMs)
        startedAt = at
      } else if (what === 'stop') {
        assert.notEqual(startedAt, -1)
        startedAt = -1
        stoppedAt = at
      } else if (what !== 'spoken') {
        assert.notEqual(startedAt, -1, `${what} outside of a turn`)
        if (/^[fp]\d/.test(what)) assert.ok(at - startedAt >= playoutOptions.startGapMs)
      }
    }
  }), runs)
})

test('a device is never given more than the refill ahead', () => {
  fc.assert(fc.property(moves, list => {
    let emptyAt = -Infinity
    for (const { at, what } of run(list).sent) {
      if (what === 'start') emptyAt = -Infinity
      if (!/^[fp]\d/.test(what)) continue
      emptyAt = Math.max(emptyAt, at) + playoutOptions.frameMs
      assert.ok(emptyAt - at <= playoutOptions.refillMs, `${emptyAt - at} ms ahead`)
    }
  }), runs)
})
