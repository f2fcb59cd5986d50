import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LEAD_FRAMES, notePacing } from '../../bench/bulk/pacing.js'

function latenesses (atMs: readonly number[]): number[] {
  const late: number[] = []
  const frames = { count: atMs.length, atMs: Float64Array.from(atMs), bytes: new Uint16Array(atMs.length) }
  notePacing(frames, 60, (_, lateMs) => { late.push(lateMs) })
  return late
}

const lead = Array.from({ length: LEAD_FRAMES }, () => 1000)
const paced = (frame: number): number => 1000 + (LEAD_FRAMES + frame) * 60

test('frames on their grid are not late, wherever the grid begins', () => {
  assert.deepEqual(latenesses([...lead, paced(0), paced(1), paced(2)]), [0, 0, 0])
})

test('each frame is late by what it came behind the earliest one', () => {
  assert.deepEqual(latenesses([...lead, paced(0) + 7, paced(1), paced(2) + 30]), [7, 0, 30])
})

test('what is sent ahead is not judged, and an answer of nothing else has no frames', () => {
  assert.deepEqual(latenesses(lead), [])
})
