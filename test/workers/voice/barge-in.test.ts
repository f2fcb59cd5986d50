import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fleetClips, loadClip } from '../../support/clips.js'
import { Ear, encodeUplink, silence } from './ear.js'

const packets = encodeUplink(loadClip(fleetClips.lights))

test('who speaks is known to last, once, while they speak', () => {
  const ear = new Ear()
  ear.hearing.start(false)
  ear.hear(packets)
  assert.deepEqual([ear.log[0], ear.lasts], ['start', 1])
})

test('a sound of 60 ms does not last (T087)', () => {
  const ear = new Ear()
  ear.hearing.start(false)
  ear.hear([...encodeUplink(silence(1000)), packets[14]!, ...Array.from({ length: 40 }, () => Uint8Array.of(0x58))])
  assert.equal(ear.lasts, 0)
})

const RATE_HZ = 16_000
const FRAME = 960
const answer = loadClip(fleetClips.river)
const question = loadClip(fleetClips.lights)

/** Quieter, duller, and once more 56 ms later. */
function throughRoom (samples: Int16Array, volume: number): Int16Array {
  return samples.map((sample, at) => volume * (0.6 * sample + 0.3 * (samples[at - 1] ?? 0) + 0.2 * (samples[at - 900] ?? 0)))
}

/** An ear that hears `heard` while `played` is encoded, each frame `aheadMs` before its echo. */
function hearBeside (played: Int16Array, heard: Int16Array, aheadMs: number): { readonly ear: Ear, readonly noticedMs: number } {
  const ear = new Ear()
  ear.hearing.start(false)
  const ahead = Math.round(aheadMs / 60)
  let noticedMs = Infinity
  for (const [frame, packet] of [...new Array<undefined>(ahead).fill(undefined), ...encodeUplink(heard)].entries()) {
    const next = played.slice(frame * FRAME, (frame + 1) * FRAME)
    if (next.length === FRAME) ear.hearing.echo!.play(next, RATE_HZ)
    if (packet !== undefined) ear.hear([packet])
    if (ear.lasts > 0) noticedMs = Math.min(noticedMs, (frame + 1 - ahead) * 60)
  }
  return { ear, noticedMs }
}

for (const [aheadMs, volume] of [[120, 1], [480, 0.3], [1200, 0.1]] as const) {
  test(`an answer that is heard ${aheadMs} ms after it was encoded, at a volume of ${volume}, is nobody (T086)`, () => {
    const { ear } = hearBeside(answer, throughRoom(answer, volume), aheadMs)
    assert.equal(ear.log[0], 'start', 'it is heard as speech')
    assert.equal(ear.lasts, 0)
    assert.ok(ear.echoes > 0, 'its words may be looked at')
  })
}

test('who speaks over an answer that the microphone does not hear is noticed soon (T085)', () => {
  const heard = new Int16Array(2 * RATE_HZ + question.length)
  heard.set(question, 2 * RATE_HZ)
  const onset = question.findIndex(sample => Math.abs(sample) > 1000) / RATE_HZ * 1000
  const { noticedMs } = hearBeside(answer, heard, 480)
  assert.ok(noticedMs - 2000 - onset <= 400, `after ${noticedMs - 2000 - onset} ms`)
})

test('who speaks over the echo of an answer is noticed while they speak', () => {
  const heard = throughRoom(answer, 0.1).map((sample, at) => sample + (question[at - RATE_HZ] ?? 0))
  const { noticedMs } = hearBeside(answer, heard, 480)
  assert.ok(noticedMs < 1000 + question.length / RATE_HZ * 1000, `after ${noticedMs} ms`)
})

test('another answer is another echo', () => {
  const ear = new Ear()
  ear.hearing.start(false)
  for (let at = 0; at + FRAME < question.length; at += FRAME) ear.hearing.echo!.play(question.slice(at, at + FRAME), RATE_HZ)
  ear.hearing.echo!.beginAnswer()
  ear.hear(packets)
  assert.equal(ear.lasts, 1)
})
