import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test, type TestContext } from 'node:test'
import { Turn } from '../../src/dialogue/turn.js'
import { microsecondsSince } from '../../src/ring/microseconds.js'
import { chunk, makeOptions, settle, SinkLog } from './turn-fakes.js'

const ONE = 'This is the first sentence. '
const TWO = 'This is the second sentence. '
const [first, second] = [ONE.trim(), TWO.trim()]

function makeRig (t?: TestContext) {
  t?.mock.timers.enable({ apis: ['setTimeout'] })
  const options = makeOptions()
  const sink = new SinkLog()
  const owner = new AbortController()
  const turn = new Turn(options, sink, owner.signal)
  let isOver = false
  const run = turn.run([{ role: 'user', content: 'hi' }]).then(() => { isOver = true })
  return { ...options, sink, owner, turn, run, isOver: () => isOver, said: () => sink.said.join(' ') }
}

test('sentences are spoken in order, one at a time, and the turn ends', async () => {
  const { llm, tts, said, turn, run } = makeRig()
  await llm.last.give(ONE, TWO, 'x')
  assert.equal(tts.streams.length, 1)
  await tts.last.give(chunk, chunk)
  await tts.last.end()
  await tts.last.give(chunk)
  await llm.last.end()
  await tts.last.end()
  await tts.last.end()
  await run
  assert.match(said(), /^mood "This is the first sentence\." pcm pcm "This is the second sentence\." pcm .*end$/)
  assert.ok(turn.spoken.startsWith(`${first} ${second}`))
})

test('a voice says a word as it is to be pronounced, and screens show it as it is written', async () => {
  const { llm, tts, said, turn, run } = makeRig()
  await llm.last.give('I am a GPT.')
  await llm.last.end()
  assert.equal(tts.last.input, 'I am a G P T.')
  await tts.last.end()
  await run
  assert.match(said(), /"I am a GPT\."/)
  assert.equal(turn.spoken, 'I am a GPT.')
})

test('an answer of nothing ends without a word (T068)', async () => {
  const { llm, tts, said, run } = makeRig()
  await llm.last.end()
  await run
  assert.equal(said(), 'end')
  assert.equal(tts.streams.length, 0)
})

test('a model that fails before the first sentence fails the turn', async () => {
  const { llm, said, run } = makeRig()
  await llm.last.fail()
  await run
  assert.equal(said(), 'error Error: broken failed')
})

test('a model that fails later: what it had said is spoken first', async () => {
  const { llm, tts, said, turn, run } = makeRig()
  await llm.last.give(ONE, TWO, 'and then the')
  await llm.last.fail()
  await tts.last.give(chunk)
  await tts.last.end()
  await tts.last.end()
  await run
  assert.equal(said(), `mood "${first}" error Error: broken pcm "${second}" failed`)
  assert.equal(turn.spoken, `${first} ${second}`)
})

test('a voice that fails ends the turn, and the model is told to stop', async () => {
  const { llm, tts, said, turn, run } = makeRig()
  await llm.last.give(ONE, TWO, 'x')
  await tts.last.fail()
  await run
  assert.equal(said(), `mood "${first}" error Error: broken failed`)
  assert.ok(llm.last.signal.aborted)
  assert.equal(turn.spoken, '')
})

for (const obeys of [true, false]) {
  const kind = obeys ? 'hangs' : 'hangs and ignores its signal'

  test(`a model that ${kind} is given up in time, and its request closed`, async t => {
    const { llm, said, run } = makeRig(t)
    llm.obeys = obeys
    await settle()
    t.mock.timers.tick(6000)
    await run
    assert.equal(said(), 'error CHORUS_PROVIDER_TIMEOUT failed')
    assert.ok(llm.last.signal.aborted)
  })

  test(`a voice that ${kind} is given up in time, and its request closed`, async t => {
    const { llm, tts, said, run } = makeRig(t)
    tts.obeys = obeys
    await llm.last.give(ONE, TWO)
    await llm.last.end()
    await tts.last.give(chunk)
    t.mock.timers.tick(3000)
    await run
    assert.equal(said(), `mood "${first}" pcm error CHORUS_PROVIDER_TIMEOUT failed`)
    assert.ok(tts.last.signal.aborted)
  })
}

test('a timeout of the model closes its request while the voice still speaks', async t => {
  const { llm, tts, isOver } = makeRig(t)
  await llm.last.give(ONE, TWO)
  t.mock.timers.tick(3000)
  await settle()
  assert.ok(llm.last.signal.aborted)
  assert.equal(isOver(), false)
  assert.ok(!tts.last.signal.aborted)
  await tts.last.end()
  await tts.last.end()
})

// Each brings a turn to a point at which it is then cancelled.
type Rig = ReturnType<typeof makeRig>
const points: readonly (readonly [name: string, reach: (rig: Rig) => Promise<void>])[] = [
  ['before the first word', async () => { await settle() }],
  ['within the first sentence', async ({ llm }) => { await llm.last.give('This is the') }],
  ['before the first sound', async ({ llm }) => { await llm.last.give(ONE, TWO) }],
  ['within the sound', async ({ llm, tts }) => { await llm.last.give(ONE, TWO); await tts.last.give(chunk) }],
  ['while the device has enough', async ({ llm, tts, sink }) => { sink.isFull = true; await llm.last.give(ONE, TWO); await tts.last.give(chunk) }],
  ['after the model', async ({ llm }) => { await llm.last.give(ONE, TWO); await llm.last.end() }],
  ['between the sentences', async ({ llm, tts }) => { await llm.last.give(ONE); await tts.last.end() }]
]

for (const [name, reach] of points) {
  for (const by of ['cancel', 'owner'] as const) {
    for (const obeys of [true, false]) {
      test(`${by === 'cancel' ? 'a cancel' : 'the end of the owner'} ${name} is the end of it${obeys ? '' : ', whatever the providers do'}`, async () => {
        const rig = makeRig()
        const { llm, tts, owner, sink, turn, run } = rig
        llm.obeys = obeys
        tts.obeys = obeys
        await reach(rig)
        const before = [...sink.said]
        if (by === 'cancel') await turn.cancel()
        else owner.abort()
        await run
        for (const stream of [...llm.streams, ...tts.streams]) assert.ok(stream.signal.aborted)
        for (const stream of llm.streams) await stream.give(ONE, TWO)
        for (const stream of tts.streams) await stream.give(chunk)
        for (const stream of [...llm.streams, ...tts.streams]) await stream.end()
        assert.deepEqual(sink.said, before)
        assert.equal(getEventListeners(owner.signal, 'abort').length, 0)
      })
    }
  }
}

test('a turn whose owner is gone does not begin', async () => {
  const options = makeOptions()
  const sink = new SinkLog()
  const turn = new Turn(options, sink, AbortSignal.abort())
  await turn.run([])
  assert.equal(options.llm.streams.length, 0)
  assert.deepEqual(sink.said, [])
})

test('a turn tells when its model and its voice were asked, and when they had something', async () => {
  const { llm, tts, sink, run } = makeRig()
  const kinds = (): readonly string[] => sink.marks.map(([mark]) => mark)
  assert.deepEqual(kinds(), ['modelRequest'])
  await llm.last.give('This is')
  assert.deepEqual(kinds(), ['modelRequest', 'firstToken'])
  await llm.last.give(' the first sentence. ')
  assert.deepEqual(kinds(), ['modelRequest', 'firstToken', 'sentence'])
  await tts.last.give(chunk, chunk)
  assert.deepEqual(kinds(), ['modelRequest', 'firstToken', 'sentence', 'voiceRequest', 'firstAudio'])
  const times = sink.marks.map(([, at]) => at)
  assert.ok(times.every((at, index) => index === 0 || microsecondsSince(times[index - 1]!, at) >= 0))
  await llm.last.end()
  await tts.last.end()
  await run
})

test('a voice on this machine is at work when its job is, not while that waits', async () => {
  const { llm, tts, sink, run } = makeRig()
  await llm.last.give(ONE)
  await llm.last.end()
  await tts.last.give({ ...chunk, made: { begunAt: 5, endedAt: 9 } })
  await tts.last.end()
  await run
  assert.deepEqual(sink.marks.slice(-2), [['voiceRequest', 5], ['firstAudio', 9]])
})
