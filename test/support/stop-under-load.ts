import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import { ChorusServer } from './chorus-server.js'
import { clips, loadClip } from './clips.js'

const DEVICES = 6
const LIMIT_MS = 5000

/**
 * Starts a server, lets some devices speak and others be spoken to, and stops it by `signals`
 * SIGTERMs in a row. @returns how long it took, in ms
 */
export async function stopUnderLoad (signals: number): Promise<number> {
  const data = await mkdtemp(join(tmpdir(), 'chorus-stop-'))
  const server = new ChorusServer(data)
  const devices: SimulatedDevice[] = []
  try {
    await server.ready()
    for (let index = 0; index < DEVICES; index++) devices.push(new SimulatedDevice({ url: server.url, profile: { audio: 'count' } }))
    await Promise.all(devices.map((device, index) => makeBusy(device, index)))
    const startedAt = performance.now()
    for (let signal = 0; signal < signals; signal++) server.child.kill('SIGTERM')
    const { code, signal } = await server.exited
    const tookMs = performance.now() - startedAt
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, server.errorOutput + JSON.stringify(server.lines.slice(-3)))
    assert.ok(tookMs < LIMIT_MS, `it took ${Math.round(tookMs)} ms`)
    assert.deepEqual(server.lines.filter(line => line.level === 'error'), [])
    return tookMs
  } finally {
    for (const device of devices) device.close()
    await rm(data, { recursive: true, force: true })
  }
}

/** Resolves when audio is under way in one direction or the other. */
async function makeBusy (device: SimulatedDevice, index: number): Promise<void> {
  if (index % 2 === 0) {
    await device.sendText('Repeat one two three four five six seven eight nine ten')
    await device.waitFor(message => message['type'] === 'tts' && message['state'] === 'sentence_start')
  } else {
    await device.start('realtime')
    device.speak(loadClip(clips.chieftain)).catch(() => {}) // cut off by the stop, as it should be
  }
}
