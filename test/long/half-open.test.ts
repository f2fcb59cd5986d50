import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { leaveHalfOpen } from '../security/half-open.js'
import { Siege } from '../security/siege.js'

/** Files of the server and of this process that are no attacker's. */
const ROOM = 1000
/** Where the limit is huge: more than these, with as many here, need memory that tests have not. */
const MOST = 24_000
/** http.maxConnections and mqtt.maxConnections by default, less those that are in use. */
const WEB = 4000
const MQTT = 3900
/** As many as one process opens before uWebSockets.js ends the first of them. */
const SILENT = 3000
/** With these limits the others last until all are there. */
const PATIENT = [
  '--gateway.helloTimeoutMs', '40000', '--http.headerTimeoutMs', '40000', '--http.requestTimeoutMs', '40000', '--http.idleTimeoutMs', '60000',
  '--mqtt.connectTimeoutMs', '40000'
]

for (const transport of ['uws', 'ws'] as const) {
  test(`${transport}: as many half-open handshakes as the file limit leaves end, and nobody who talks notices`, async t => {
    const handshakes = Math.min(MOST, fileLimit() - ROOM)
    const quarter = Math.floor(handshakes / 4)
    const [web, mqtt, silent] = [Math.min(WEB, quarter), Math.min(MQTT, quarter), Math.min(SILENT, quarter)]
    const siege = await Siege.begin(t, transport, PATIENT)
    await siege.hasTalked(1)
    const emptyMb = await siege.server.residentMb()
    const held = await leaveHalfOpen(siege, { silent, upgraded: handshakes - silent - web - mqtt, web, mqtt }, transport === 'ws')
    const turns = await siege.assertUnharmed()
    t.diagnostic(`${handshakes} handshakes, ${held} of them at once, ${turns} turns; the server grew by ${Math.round(await siege.server.residentMb() - emptyMb)} MB`)
  })
}

/** Most files that a process may have open; Node takes the highest it may have. */
function fileLimit (): number {
  const limit = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return limit === 'unlimited' ? Infinity : Number(limit)
}
