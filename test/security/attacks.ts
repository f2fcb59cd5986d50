import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admissionAttacks } from './admission-attacks.js'
import type { Attack } from './attack.js'
import { leaveHalfOpen } from './half-open.js'
import { Siege } from './siege.js'
import { requestAttacks, wireAttacks } from './wire-attacks.js'

const HALF_OPEN = { silent: 400, upgraded: 200, web: 400, mqtt: 400 }

/**
 * All attacks on one server, while a device talks over WebSocket and one over MQTT. Half-open
 * handshakes are held behind everything else.
 */
export function attackBesideTalk (transport: 'uws' | 'ws', others: readonly Attack[]): void {
  test(`${transport}: attacks are refused and counted, and the devices that talk notice none of them`, { concurrency: true, timeout: 100_000 }, async t => {
    const seesHandshakes = transport === 'ws'
    const siege = await Siege.begin(t, transport)
    await siege.hasTalked(1)
    const waiting = [
      t.test('1400 half-open handshakes end, each with a counter', async () => {
        assert.ok(await leaveHalfOpen(siege, HALF_OPEN, seesHandshakes) > 1000, 'some of them came when others were gone')
      }),
      ...requestAttacks(seesHandshakes).map(({ name, run }) => t.test(name, () => run(siege))) // uWebSockets.js takes its time
    ]
    for (const { name, run } of [...admissionAttacks, ...wireAttacks, ...others]) await t.test(name, () => run(siege))
    await Promise.all(waiting)
    await t.test('the devices that talked were understood and answered', async t => { t.diagnostic(`${await siege.assertUnharmed()} turns`) })
  })
}
