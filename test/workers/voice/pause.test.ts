import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENDED_BY_DEVICE, ENDED_BY_SILENCE } from '../../../src/ring/endpoint.js'
import { clips, loadClip } from '../../support/clips.js'
import { Ear, encodeUplink, joined, silence, twoSentencesPackets } from './ear.js'

function pausing (options: ConstructorParameters<typeof Ear>[0] = {}): Ear {
  const ear = new Ear({ pauseMs: 200, ...options })
  ear.hearing.start(false)
  return ear
}

test('a pause is told once, as the end that it would be', () => {
  const ear = pausing()
  ear.hear(encodeUplink(joined([silence(500), loadClip(clips.chieftain), silence(1200)])))
  const end = ear.heard.at(-1)!
  const pause = ear.pauses.at(-1)!
  assert.equal(pause.endpoint.utterance, end.endpoint.utterance)
  assert.equal(pause.endpoint.speechEndSample, end.endpoint.speechEndSample)
  assert.equal(pause.endpoint.reason, ENDED_BY_SILENCE)
  assert.ok(pause.endpoint.endSample - pause.endpoint.speechEndSample >= 200 * 16)
  assert.deepEqual(pause.samples, end.samples.slice(0, pause.samples.length))
  assert.equal(ear.arena.usedPages, 0)
})

test('a device that ends its question in the pause ends it where the pause began', () => {
  const ear = pausing({ endSilenceMs: 3000 })
  ear.hear(encodeUplink(joined([silence(500), loadClip(clips.chieftain), silence(360)])))
  assert.equal(ear.heard.length, 0)
  ear.hearing.finish(ENDED_BY_DEVICE, 0)
  const end = ear.heard.at(-1)!.endpoint
  assert.ok(end.endSample % 512 !== 0, 'a part of a window is at its end')
  assert.equal(end.speechEndSample, ear.pauses.at(-1)!.endpoint.speechEndSample)
})

test('speech that goes on makes a pause of its own when it pauses again', () => {
  const ear = pausing({ endSilenceMs: 3000 })
  ear.hear(twoSentencesPackets)
  const ends = ear.pauses.map(({ endpoint }) => endpoint.speechEndSample)
  assert.ok(ends.length >= 2, `${ends.length} pauses`)
  assert.equal(new Set(ends).size, ends.length)
})

test('manual mode and quiet tell no pause', () => {
  const ear = pausing()
  ear.hear(encodeUplink(silence(3000)))
  ear.hearing.start(true)
  ear.hear(twoSentencesPackets)
  assert.deepEqual(ear.pauses, [])
})

test('without the setting no pause is told', () => {
  const ear = pausing({ pauseMs: 0 })
  ear.hear(twoSentencesPackets)
  assert.deepEqual([ear.pauses.length, ear.heard.length], [0, 2])
})
