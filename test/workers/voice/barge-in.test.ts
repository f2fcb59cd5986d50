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
