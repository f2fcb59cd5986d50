import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import type { JsonObject } from '../../tools/simulator/types.js'
import { ChorusServer } from '../support/chorus-server.js'

interface Ends { after (fn: () => void): void }

function makeDevice (t: Ends, url: string, tools: ConstructorParameters<typeof SimulatedDevice>[1] = []) {
  const device = new SimulatedDevice({ url, profile: { mic: 'off' } }, tools)
  t.after(() => { device.close() })
  const seen: string[] = []
  device.on('message', (message, direction) => { seen.push(summary(message, direction)) })
  const ask = async (text: string): Promise<string[]> => {
    seen.length = 0
    await device.sendText(text)
    await device.turnDone()
    return [...seen]
  }
  return { device, ask }
}

function summary (message: JsonObject, direction: 'in' | 'out'): string {
  const { type, state, text, payload } = message
  if (type !== 'mcp') return [type, state, text].filter(part => part !== undefined).join(' ')
  const { method, params } = payload as { readonly method?: string, readonly params?: object }
  return direction === 'out' ? 'reply' : `${method} ${JSON.stringify(params ?? {})}`
}

test('a device is asked for its tools, and a request in words changes it', { timeout: 60_000 }, async t => {
  const server = await ChorusServer.start(t)
  const { device, ask } = makeDevice(t, server.url)
  const seen = await ask('Set the volume to fifty.')
  assert.equal(device.mcp.volume, 50)
  const at = (start: string): number => {
    const index = seen.findIndex(entry => entry.startsWith(start))
    assert.ok(index >= 0, `no ${start} in ${seen.join(' | ')}`)
    return index
  }
  // Appendix B.3.
  const order = ['initialize', 'notifications/initialized', 'tools/list {}', '% self_audio', 'tools/call', 'tts sentence_start The volume is now fifty.', 'tts stop']
  const places = order.map(start => at(start.startsWith('%') ? `stt ${start}` : start))
  assert.deepEqual(places, [...places].sort((one, other) => one - other), seen.join(' | '))
  assert.ok(seen.includes('tools/call {"name":"self.audio_speaker.set_volume","arguments":{"volume":50}}'))
  await ask('A bit louder please.')
  assert.equal(device.mcp.volume, 60)
  await ask('把音量调到三十五')
  assert.equal(device.mcp.volume, 35)
})
