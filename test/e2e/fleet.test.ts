import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { SimulateResult } from '../../src/bin/simulate/result.js'
import { clips, fixturePath } from '../support/clips.js'

const script = fileURLToPath(new URL('../../src/bin/simulate.js', import.meta.url))
const load = ['--devices', '4', '--wav', fixturePath(clips.sevenOfClubs.file), '--answer-s', '1', '--pause-s', '1.5', '--max-underruns', '1', '--json']

test('four devices talk to a server of their own, which asks the mock AI service for everything', async () => {
  const { code, result } = await simulate('--seconds', '5', '--mock-ai')
  const { turns, transcripts, frames, server, mockAi, failures } = result
  assert.deepEqual([code, failures, turns.unanswered, turns.cut], [0, [], 0, 0])
  assert.ok(turns.total >= 4, JSON.stringify(result))
  assert.deepEqual([transcripts.compared, transcripts.wrong], [turns.total, 0])
  assert.equal(mockAi!.requests['transcriptions'], turns.total)
  assert.equal(frames.received, server.health!.deltas['frames'])
  assert.equal(mockAi!.requests['chats'], turns.total)
  assert.equal(server.health!.peaks['sessions'], 4)
  assert.equal(server.complaints.count, 0, server.complaints.examples.join('\n'))
  assert.deepEqual([frames.lostBeforeSpeaking, frames.overflow, frames.malformed], [0, 0, 0])
})

test('with local recognition, answers are interrupted by talking over them', async () => {
  const { code, result } = await simulate('--seconds', '2.5', '--mock-ai', '--asr', 'local', '--mode', 'realtime', '--barge-in', '1')
  const { turns, bargeIn, failures } = result
  assert.deepEqual([code, failures], [0, []])
  assert.ok(turns.interrupted > 0, JSON.stringify(turns))
  assert.equal(bargeIn.stopMs.count, turns.interrupted)
})

async function simulate (...args: string[]): Promise<{ readonly code: number, readonly result: SimulateResult }> {
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [script, ...load, ...args], (error, stdout, stderr) => {
      if (stdout === '') reject(new Error(stderr))
      else resolve({ code: error === null ? 0 : Number(error.code), result: JSON.parse(stdout) as SimulateResult })
    })
  })
}
