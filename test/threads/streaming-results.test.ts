import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChorusError } from '../../src/core/errors.js'
import { ByteRing, createRingMemory } from '../../src/ring/byte-ring.js'
import { STREAM_DAMAGED, STREAM_PARTIAL, STREAM_RESULT, STREAM_WHOLE } from '../../src/ring/layout.js'
import { RecordHeader } from '../../src/ring/record-header.js'
import { SlotTable } from '../../src/ring/slot-table.js'
import { StreamingResults } from '../../src/threads/streaming-results.js'

const signal = new AbortController().signal

function setUp () {
  const ring = new ByteRing(createRingMemory(1 << 16))
  const slots = SlotTable.create(2)
  slots.setEpoch(0, 1, 0)
  const partials: string[] = []
  const results = new StreamingResults(slots, { onPartial: (slot, text) => { partials.push(`${slot}: ${text}`) } })
  const tell = (kind: number, utterance: number, text: string, { flags = STREAM_WHOLE, generation = 1 } = {}): void => {
    const header = new RecordHeader().set(kind, 0, generation, 0)
    header.flags = flags
    header.time = utterance
    const bytes = new TextEncoder().encode(text)
    assert.ok(ring.push(header, bytes, bytes.length))
    assert.ok(results.takeOne(ring))
    assert.ok(!results.takeOne(ring))
  }
  const ask = async (utterance: number, stop = signal, generation = 1): Promise<string> => {
    const name = { slot: 0, generation, utterance }
    return await results.recognise({ arena: 0, pages: [], samples: 0, language: 'en', name }, stop, { begunAt: 0, endedAt: 0 })
  }
  return { slots, partials, results, tell, ask }
}

test('endpoint and words meet, whichever comes first', async () => {
  const { tell, ask } = setUp()
  const before = ask(1)
  tell(STREAM_RESULT, 1, 'one')
  tell(STREAM_RESULT, 2, 'two')
  tell(STREAM_RESULT, 3, '三')
  assert.deepEqual([await before, await ask(2), await ask(3)], ['one', 'two', '三'])
})

test('words that overtook those of the utterance before wait for their own endpoint', async () => {
  const { tell, ask } = setUp()
  tell(STREAM_RESULT, 2, 'two')
  const first = ask(1)
  tell(STREAM_RESULT, 1, 'one')
  assert.deepEqual([await first, await ask(2)], ['one', 'two'])
})

test('words of an endpoint that nobody asked for are not taken for those of another', async () => {
  const { slots, tell, ask } = setUp()
  tell(STREAM_RESULT, 1, 'not wanted')
  const second = ask(2)
  tell(STREAM_RESULT, 2, 'two')
  assert.equal(await second, 'two')
  tell(STREAM_RESULT, 3, 'of the one who left')
  slots.setEpoch(0, 2, 0)
  const other = ask(3, signal, 2)
  tell(STREAM_RESULT, 3, 'late', { generation: 1 })
  tell(STREAM_RESULT, 3, 'of the one who came', { generation: 2 })
  assert.equal(await other, 'of the one who came')
})

test('an utterance that was not heard as a whole is an error, and is counted', async () => {
  const { results, tell, ask } = setUp()
  const asked = ask(1)
  tell(STREAM_RESULT, 1, '', { flags: STREAM_DAMAGED })
  await assert.rejects(asked, (error: unknown) => error instanceof ChorusError && error.code === 'CHORUS_STREAMING_BUSY')
  tell(STREAM_RESULT, 2, 'two')
  assert.deepEqual(results.figures, { results: 2, partials: 0, damaged: 1 })
})

test('whoever gives up waiting is told why, and the next result finds nobody', async () => {
  const { tell, ask } = setUp()
  const controller = new AbortController()
  const asked = ask(1, controller.signal)
  const reason = new ChorusError('CHORUS_PROVIDER_TIMEOUT', ['asr', 1])
  controller.abort(reason)
  await assert.rejects(asked, reason)
  await assert.rejects(ask(2, controller.signal), reason)
  tell(STREAM_RESULT, 1, 'late')
  const next = ask(2)
  tell(STREAM_RESULT, 2, 'two')
  assert.equal(await next, 'two')
})

test('partial words go to the session that speaks, and to no later one', () => {
  const { slots, partials, results, tell } = setUp()
  tell(STREAM_PARTIAL, 480, 'turn on')
  slots.setEpoch(0, 2, 0)
  tell(STREAM_PARTIAL, 800, 'turn on the')
  assert.deepEqual(partials, ['0: turn on'])
  assert.equal(results.figures.partials, 1)
})
