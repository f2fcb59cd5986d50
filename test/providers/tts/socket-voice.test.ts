import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { nextMessage, SocketVoice, type VoiceProtocol } from '../../../src/providers/tts/socket-voice.js'
import { Faults } from '../../../src/providers/wire/faults.js'
import { SocketConnection } from '../../../src/providers/wire/socket-connection.js'
import { FakeVendor, type ScriptedSocket } from '../../support/fake-vendor.js'
import { speak } from './socket-rig.js'

const limit = { timeout: 10_000 }

/** Says a text, and has as many samples back as that has letters. */
function lettersProtocol (url: string): VoiceProtocol {
  const faults = new Faults('tts/letters')
  return {
    faults,
    open: signal => SocketConnection.open(faults, url, { signal }),
    begin: socket => Promise.resolve({
      say: text => { socket.send(text) },
      finish: () => { socket.send('') },
      async * chunks () {
        for (;;) {
          const message = await nextMessage(socket, faults)
          if (message === '') return
          yield { samples: new Int16Array(message.length), sampleRateHz: 24_000 }
        }
      }
    }),
    close: () => Promise.resolve()
  }
}

async function echo (socket: ScriptedSocket): Promise<void> {
  for (;;) await socket.send(await socket.next())
}

async function start (t: TestContext, socket = echo, idleMs = 60_000): Promise<{ fake: FakeVendor, tts: SocketVoice }> {
  const fake = await FakeVendor.start(t, { socket })
  const tts = new SocketVoice(lettersProtocol(fake.socketUrl), idleMs)
  t.after(() => tts.close())
  return { fake, tts }
}

/** How many samples there are. */
async function samplesOf (tts: SocketVoice, text: string): Promise<number> {
  return (await speak(tts, { text })).reduce((sum, { samples }) => sum + samples.length, 0)
}

test('sentences that follow each other share a connection, those at the same time do not', limit, async t => {
  const { fake, tts } = await start(t)
  assert.deepEqual([await samplesOf(tts, 'one'), await samplesOf(tts, 'three')], [3, 5])
  assert.equal(fake.requests.length, 1)
  assert.deepEqual(await Promise.all([samplesOf(tts, 'one'), samplesOf(tts, 'three')]), [3, 5])
  assert.equal(fake.requests.length, 2)
})

test('a warm connection is used by the first sentence', limit, async t => {
  const { fake, tts } = await start(t)
  await tts.warm()
  assert.deepEqual([await samplesOf(tts, 'one'), fake.requests.length], [3, 1])
})

test('a connection that the vendor leaves when it is used again costs no sentence', limit, async t => {
  let sentences = 0
  const { fake, tts } = await start(t, async socket => {
    for (;;) {
      const text = await socket.next()
      if (text !== '' && ++sentences === 2) throw new Error('I go') // closes it, without a word
      await socket.send(text)
    }
  })
  assert.deepEqual([await samplesOf(tts, 'one'), await samplesOf(tts, 'three')], [3, 5])
  assert.equal(fake.requests.length, 2)
})

test('what was heard is not said once more', limit, async t => {
  let sentences = 0
  const { fake, tts } = await start(t, async socket => {
    for (;;) {
      const text = await socket.next()
      await socket.send(text)
      if (text !== '' && ++sentences === 2) throw new Error('I go')
    }
  })
  await samplesOf(tts, 'one')
  await assert.rejects(samplesOf(tts, 'three'), { code: 'CHORUS_PROVIDER_BROKEN' })
  assert.equal(fake.requests.length, 1)
})

test('after a barge-in the connection is not used again', limit, async t => {
  const { fake, tts } = await start(t)
  const controller = new AbortController()
  const arrived = fake.nextRequest()
  for await (const chunk of tts.synthesise({ text: 'one', language: 'en', signal: controller.signal })) {
    assert.equal(chunk.samples.length, 3)
    controller.abort()
  }
  await (await arrived).outcome
  assert.deepEqual([await samplesOf(tts, 'three'), fake.requests.length], [5, 2])
})

test('five hundred barge-ins leave no socket', { timeout: 30_000 }, async t => {
  const { fake, tts } = await start(t, async socket => {
    await socket.send(await socket.next())
    await socket.gone()
  })
  for (let turn = 0; turn < 50; turn++) {
    await Promise.all(Array.from({ length: 10 }, async () => {
      const controller = new AbortController()
      for await (const chunk of tts.synthesise({ text: 'one', language: 'en', signal: controller.signal })) controller.abort(chunk)
    }))
  }
  while (fake.openSockets > 0) await new Promise(setImmediate)
  assert.equal(fake.requests.length, 500)
})
