import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeConfig } from '../../src/core/config.js'
import { MQTT_RING_BYTES } from '../../src/threads/mqtt-seat.js'
import { refuseLargeRings, ringMemoryBytes } from '../../src/threads/ring-budget.js'

const counts = { voice: 1, dialogue: 1 }
const usersOf = (settings: Readonly<Record<string, unknown>>) => ({ config: makeConfig(settings), counts, hasStreaming: false })

test('the rings of MQTT count where it is on', () => {
  const [off, on] = [ringMemoryBytes(usersOf({})), ringMemoryBytes(usersOf({ 'mqtt.enabled': true }))]
  assert.equal(on - off, MQTT_RING_BYTES)
  assert.ok(MQTT_RING_BYTES >= 14 << 20)
})

test('rings above a twentieth of the memory stop the start', () => {
  const users = usersOf({ 'mqtt.enabled': true })
  const bytes = ringMemoryBytes(users)
  refuseLargeRings(users, bytes * 20)
  assert.throws(() => { refuseLargeRings(users, bytes * 20 - 21) }, { code: 'CHORUS_RINGS_TOO_LARGE' })
})
