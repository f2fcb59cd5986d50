import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { DeadlineClock } from '../../../tools/simulator/deadline-clock.js'

test('tasks run in the order of their deadlines, and removed ones not at all', async () => {
  const clock = new DeadlineClock()
  const ran: number[] = []
  const beganMs = clock.now()
  const tasks = [30, 10, 20, 40, 15, 5].map(offset => ({ dueMs: beganMs + offset, run: () => { ran.push(offset) } }))
  for (const task of tasks) clock.add(task)
  clock.remove(tasks[2]!)
  await delay(60)
  assert.deepEqual(ran, [5, 10, 15, 30, 40])
})

test('a task that re-arms itself keeps its absolute rhythm', async () => {
  const clock = new DeadlineClock()
  const beganMs = clock.now()
  let runs = 0
  const task = {
    dueMs: beganMs + 10,
    run () {
      runs++
      assert.ok(clock.now() >= beganMs + 10 * runs - 1)
      this.dueMs += 10
      clock.add(this)
    }
  }
  clock.add(task)
  await delay(105)
  clock.remove(task)
  assert.ok(runs >= 9 && runs <= 11, `${runs} runs`)
})
