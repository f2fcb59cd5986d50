import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { sileroFile } from '../../native-bindings/model-files.js'
import { SileroVad, VadStream, WINDOW_SAMPLES } from '../../native-bindings/silero-vad.js'
import { clips, loadClip } from '../support/clips.js'
import { makePinkNoise } from '../support/noise.js'

interface PublicSession { run (feeds: object): Promise<Record<string, { readonly data: Float32Array }>> }
interface PublicOrt {
  readonly Tensor: new (type: string, data: Float32Array | BigInt64Array, dims: readonly number[]) => object
  readonly InferenceSession: { create (path: string): Promise<PublicSession> }
}

const vad = new SileroVad(sileroFile().path, 5)

const toFloats = (samples: Int16Array): Float32Array => Float32Array.from(samples, sample => sample / 32_768)
const sources = [
  toFloats(loadClip(clips.chieftain)),
  toFloats(loadClip(clips.sevenOfClubs)),
  toFloats(loadClip(clips.mandarin)),
  new Float32Array(40 * WINDOW_SAMPLES),
  toFloats(Int16Array.from(makePinkNoise(40 * WINDOW_SAMPLES, 5), sample => sample * 0.05 * 32_768))
]
const WINDOWS = 40

function loadWindow (stream: VadStream, source: Float32Array, window: number): void {
  stream.window.fill(0)
  stream.window.set(Int16Array.from(source.subarray(window * WINDOW_SAMPLES, (window + 1) * WINDOW_SAMPLES), sample => sample * 32_768))
}

function judgeAlone (source: Float32Array, windows: number, stream = new VadStream()): number[] {
  return Array.from({ length: windows }, (_, window) => {
    loadWindow(stream, source, window)
    vad.run([stream], 1)
    return stream.probability
  })
}

test('speech is probable, silence and noise are not', () => {
  const share = (all: readonly number[]): number => all.filter(probability => probability >= 0.5).length / all.length
  for (const clip of [clips.chieftain, clips.sevenOfClubs, clips.mandarin]) {
    const samples = loadClip(clip)
    assert.ok(share(judgeAlone(toFloats(samples), Math.floor(samples.length / WINDOW_SAMPLES))) > 0.4, clip.file)
  }
  assert.equal(share(judgeAlone(sources[3]!, WINDOWS)), 0)
  assert.ok(share(judgeAlone(sources[4]!, WINDOWS)) < 0.1)
})

test('the probabilities are those of the published graph, fed as it wants it, to a hundred-thousandth', async () => {
  const { InferenceSession, Tensor } = createRequire(import.meta.url)('onnxruntime-node') as PublicOrt
  const session = await InferenceSession.create(sileroFile().path)
  for (const source of sources) {
    let state = new Float32Array(256)
    const expected: number[] = []
    for (let window = 0; window < WINDOWS; window++) {
      const input = new Float32Array(64 + WINDOW_SAMPLES) // the window, and the end of the one before
      const from = window * WINDOW_SAMPLES
      input.set(source.subarray(Math.max(0, from - 64), from + WINDOW_SAMPLES), window === 0 ? 64 : 0)
      const { output, stateN } = await session.run({
        input: new Tensor('float32', input, [1, input.length]),
        state: new Tensor('float32', state, [2, 1, 128]),
        sr: new Tensor('int64', BigInt64Array.of(16_000n), [])
      })
      state = Float32Array.from(stateN!.data)
      expected.push(output!.data[0]!)
    }
    const found = judgeAlone(source, WINDOWS)
    const worst = Math.max(...found.map((probability, window) => Math.abs(probability - expected[window]!)))
    assert.ok(worst <= 1e-5, `${worst}`)
    assert.equal(found.length, WINDOWS)
  }
})

test('another model is refused, and the message says what is not there', () => {
  const other = join(dirname(sileroFile().path), 'silero_vad_legacy.onnx')
  assert.throws(() => new SileroVad(other, 1), /not Silero VAD v5: stft\.forward_basis_buffer/)
})

test('a batch gives each stream bit for bit what it would have had alone', () => {
  const alone = sources.map(source => judgeAlone(source, WINDOWS))
  const streams = sources.map(() => new VadStream())
  const batched = sources.map((): number[] => [])
  for (let window = 0; window < WINDOWS; window++) {
    streams.forEach((stream, at) => { loadWindow(stream, sources[at]!, window) })
    vad.run(streams, streams.length)
    streams.forEach((stream, at) => { batched[at]!.push(stream.probability) })
  }
  assert.deepEqual(batched, alone)
})

test('a stream may be in batches of any size and at any place', () => {
  const alone = sources.map(source => judgeAlone(source, WINDOWS))
  const streams = sources.map(() => new VadStream())
  const probabilities = sources.map((): number[] => [])
  for (let step = 0; probabilities.some(list => list.length < WINDOWS); step++) {
    // Another choice of streams, in another order, in every step.
    const chosen = streams.map((_, at) => (at + step) % 5).filter(at => (step >> (at % 3)) % 2 === 0 && probabilities[at]!.length < WINDOWS)
    const open = chosen.length > 0 ? chosen : streams.map((_, at) => at).filter(at => probabilities[at]!.length < WINDOWS)
    for (const at of open) loadWindow(streams[at]!, sources[at]!, probabilities[at]!.length)
    vad.run(open.map(at => streams[at]!), open.length)
    for (const at of open) probabilities[at]!.push(streams[at]!.probability)
  }
  assert.deepEqual(probabilities, alone)
})

test('only the first streams of a list are judged when the count says so', () => {
  const streams = [new VadStream(), new VadStream()]
  for (const stream of streams) loadWindow(stream, sources[0]!, 40)
  vad.run(streams, 1)
  assert.ok(streams[0]!.probability >= 0)
  assert.deepEqual(streams[1]!.state, new VadStream().state)
})

test('a reset stream has no past', () => {
  const stream = new VadStream()
  judgeAlone(sources[0]!, WINDOWS, stream)
  const second = judgeAlone(sources[1]!, 10, stream)
  stream.reset()
  const afterReset = judgeAlone(sources[1]!, 10, stream)
  assert.notDeepEqual(second, afterReset)
  assert.deepEqual(afterReset, judgeAlone(sources[1]!, 10))
})

test('two sessions in one thread do not disturb each other', () => {
  const other = new SileroVad(sileroFile().path, 1)
  const streams = [new VadStream(), new VadStream()] as const
  for (let window = 0; window < 10; window++) {
    for (const stream of streams) loadWindow(stream, sources[0]!, window)
    vad.run([streams[0]], 1)
    other.run([streams[1]], 1)
    assert.equal(streams[0].probability, streams[1].probability)
  }
})
