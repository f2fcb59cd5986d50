import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Breaker } from '../../../src/providers/chain/breaker.js'
import { Chain } from '../../../src/providers/chain/chain.js'
import { ChainedAsr } from '../../../src/providers/chain/chained-asr.js'
import { ChainedLlm } from '../../../src/providers/chain/chained-llm.js'
import { ChainedTts } from '../../../src/providers/chain/chained-tts.js'
import type { Asr, Llm, PcmChunk, Tts } from '../../../src/providers/types.js'

const never = new AbortController().signal
const done = (): Promise<void> => Promise.resolve()
const patience = { firstMs: 100, stallMs: 100 }

class FakeTts implements Tts {
  readonly name: string
  /** What it does with the next sentences: speaks, fails, fails after a sound, or hangs. */
  readonly plan: ('speak' | 'fail' | 'break' | 'hang')[]
  asked = 0

  constructor (name: string, ...plan: FakeTts['plan']) {
    this.name = name
    this.plan = plan
  }

  async * synthesise ({ signal }: Parameters<Tts['synthesise']>[0]): AsyncGenerator<PcmChunk, void, void> {
    const act = this.plan[Math.min(this.asked++, this.plan.length - 1)]!
    if (act === 'fail') throw new Error(`${this.name} fails`)
    if (act === 'hang') {
      await new Promise(resolve => { signal.addEventListener('abort', resolve) })
      return
    }
    yield { samples: Int16Array.of(this.name.charCodeAt(0)), sampleRateHz: 24_000 }
    if (act === 'break') throw new Error(`${this.name} breaks`)
  }

  warm (): Promise<void> { return Promise.resolve() }
  close (): Promise<void> { return Promise.resolve() }
}

function chainOf (...voices: [FakeTts, ...FakeTts[]]) {
  const told: string[] = []
  const clock = { now: 0 }
  const onFallback = (failed: string, next: string, error: unknown): void => { told.push(`${failed} → ${next}: ${String(error)}`) }
  const options = { failures: 2, restMs: 1000, now: () => clock.now, onFallback }
  return { tts: new ChainedTts(new Chain<Tts>(voices, options), patience), told, clock }
}

async function speak (tts: Tts, signal: AbortSignal = never): Promise<string> {
  let heard = ''
  for await (const { samples } of tts.synthesise({ text: 'Hello.', language: 'en', signal })) heard += String.fromCharCode(samples[0]!)
  return heard
}

test('the next voice speaks the sentence that the first could not begin, and it is told', async () => {
  const { tts, told } = chainOf(new FakeTts('a', 'fail'), new FakeTts('b', 'fail'), new FakeTts('c', 'speak'))
  assert.equal(await speak(tts), 'c')
  assert.deepEqual(told, ['a → b: Error: a fails', 'b → c: Error: b fails'])
})

test('one that does not answer in time is given up, too', async () => {
  const { tts, told } = chainOf(new FakeTts('a', 'hang'), new FakeTts('b', 'speak'))
  assert.equal(await speak(tts), 'b')
  assert.match(told[0]!, /a gave no answer in 100 ms/)
})

test('what was heard is not said again by another voice', async () => {
  const { tts, told } = chainOf(new FakeTts('a', 'break'), new FakeTts('b', 'speak'))
  await assert.rejects(speak(tts), /a breaks/)
  assert.deepEqual(told, [])
})

test('when all fail, the error is that of the last one', async () => {
  const { tts } = chainOf(new FakeTts('a', 'fail'), new FakeTts('b', 'fail'))
  await assert.rejects(speak(tts), /b fails/)
})

test('one that fails again and again is left alone, and comes back by itself', async () => {
  const first = new FakeTts('a', 'fail', 'fail', 'speak')
  const { tts, clock } = chainOf(first, new FakeTts('b', 'speak'))
  assert.equal(await speak(tts) + await speak(tts), 'bb')
  assert.equal(await speak(tts) + await speak(tts), 'bb')
  assert.equal(first.asked, 2)
  clock.now = 1000
  assert.equal(await speak(tts) + await speak(tts), 'aa')
  assert.equal(first.asked, 4)
})

test('when all are to be left alone, the last one is asked', async () => {
  const last = new FakeTts('b', 'fail', 'fail', 'speak')
  const { tts } = chainOf(new FakeTts('a', 'fail'), last)
  await assert.rejects(speak(tts))
  await assert.rejects(speak(tts))
  assert.equal(await speak(tts), 'b')
})

test('an abort ends the sound, asks nobody else, and is nobody\'s failure', async () => {
  const second = new FakeTts('b', 'speak')
  const { tts, told } = chainOf(new FakeTts('a', 'hang'), second)
  const controller = new AbortController()
  const spoken = speak(tts, controller.signal)
  controller.abort()
  assert.equal(await spoken, '')
  assert.equal(second.asked, 0)
  assert.deepEqual(told, [])
})

test('a model that is only at work has not begun', async () => {
  const llm = (name: string, stream: () => AsyncGenerator<string, void, void>): Llm => ({ name, stream, warm: done, close: done })
  const chain = new Chain<Llm>([
    llm('a', async function * () { yield ''; await Promise.resolve(); throw new Error('a fails') }),
    llm('b', async function * () { await Promise.resolve(); yield 'Hello' })
  ], { failures: 3, restMs: 1000, onFallback: () => {} })
  const heard: unknown[] = []
  for await (const item of new ChainedLlm(chain, patience).stream({ messages: [], signal: never })) heard.push(item)
  assert.deepEqual(heard, ['', 'Hello'])
})

test('the next recogniser understands what the first did not', async () => {
  const asr = (name: string, recognise: Asr['recognise']): Asr => ({ name, recognise, warm: done, close: done })
  const chain = new Chain<Asr>([
    asr('a', () => Promise.reject(new Error('a fails'))), asr('b', () => Promise.resolve({ text: 'hi', language: undefined }))
  ], { failures: 3, restMs: 1000, onFallback: () => {} })
  const request = { file: { format: 'wav', bytes: new Uint8Array(0) }, language: '', signal: never } as const
  assert.equal((await new ChainedAsr(chain).recognise(request)).text, 'hi')
})

test('after a rest one request alone tries whether the service is back', () => {
  let now = 0
  const breaker = new Breaker({ failures: 1, restMs: 1000, now: () => now })
  assert.equal(breaker.admit(), true)
  breaker.failed()
  assert.equal(breaker.admit(), false)
  now = 1000
  assert.deepEqual([breaker.admit(), breaker.admit()], [true, false])
  breaker.succeeded()
  assert.equal(breaker.admit(), true)
})
