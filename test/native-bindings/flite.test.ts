import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Flite, parseWave } from '../../native-bindings/flite.js'
import { formatWav } from '../../tools/simulator/wav.js'
import { makeRandom } from '../support/noise.js'

const flite = new Flite()

test('a sentence becomes audible speech of a fitting length', () => {
  const { samples, sampleRateHz } = flite.synthesise('The quick brown fox jumps over the lazy dog.', 'slt')
  assert.equal(sampleRateHz, 16_000)
  const seconds = samples.length / sampleRateHz
  assert.ok(seconds > 1.5 && seconds < 5, `${seconds} s`)
  assert.ok(samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) > 3000)
})

test('nothing of one sentence is left in the next', () => {
  const first = flite.synthesise('Hello.', 'slt')
  flite.synthesise('Something altogether different, and longer.', 'slt')
  assert.deepEqual(flite.synthesise('Hello.', 'slt'), first)
  for (const text of ['', '...', '你好']) {
    const { samples } = flite.synthesise(text, 'slt')
    assert.ok(samples.length < 16_000, `"${text}" became ${samples.length} samples`)
  }
})

test('text that looks like an option is spoken', () => {
  const { samples } = flite.synthesise('-o /out/other.wav', 'slt')
  assert.ok(samples.length > 8000)
})

test('a thousand sentences in a row are spoken, and the process is still there', () => {
  for (let sentence = 0; sentence < 1000; sentence++) {
    const { samples } = flite.synthesise(`Number ${sentence % 10}.`, 'slt')
    assert.ok(samples.length > 4000, `sentence ${sentence} has ${samples.length} samples`)
  }
})

test('a voice that does not exist is refused or replaced, and the next sentence is spoken', () => {
  try {
    flite.synthesise('Hello.', 'nobody')
  } catch (error) {
    assert.match(String(error), /flite ended with status/)
  }
  assert.ok(flite.synthesise('Hello.', 'slt').samples.length > 4000)
})

const wave = formatWav(Int16Array.of(1, -2, 300, -32_768), 22_050)

/** `wave` with the bytes from `at` on replaced. */
function patched (at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(wave)
  copy.set(bytes, at)
  return copy
}

test('a wave file is read, also with other chunks before the data', () => {
  assert.deepEqual(parseWave(wave), { samples: Int16Array.of(1, -2, 300, -32_768), sampleRateHz: 22_050 })
  const odd = Buffer.concat([Buffer.from('LIST'), Buffer.from([3, 0, 0, 0]), Buffer.from('abc\0')])
  const empty = Buffer.concat([Buffer.from('note'), Buffer.alloc(4)])
  const file = Buffer.concat([wave.subarray(0, 36), odd, empty, wave.subarray(36)])
  assert.deepEqual(parseWave(file), parseWave(wave))
})

test('a wave file whose writer did not know its length is read to its end', () => {
  for (const length of [[0, 0, 0, 0], [255, 255, 255, 255]]) assert.equal(parseWave(patched(40, ...length)).samples.length, 4)
  assert.equal(parseWave(wave.subarray(0, -2)).samples.length, 3)
})

test('whatever is not mono PCM16 is refused', () => {
  const rubbish = {
    'nothing at all': Buffer.alloc(0),
    'another format': Buffer.from('OggS'.padEnd(60, '\0')),
    'RIFF of another kind': patched(8, 0x41),
    'float samples': patched(20, 3),
    stereo: patched(22, 2),
    '8 bits': patched(34, 8),
    'no rate': patched(24, 0, 0, 0, 0),
    'no data': wave.subarray(0, 36),
    'data before its format': Buffer.concat([wave.subarray(0, 12), wave.subarray(36)]),
    'cut off in the format': wave.subarray(0, 26)
  }
  for (const [name, file] of Object.entries(rubbish)) assert.throws(() => parseWave(file), RangeError, name)
})

test('rubbish gives samples or a RangeError, never anything else, and always ends', () => {
  const random = makeRandom(13)
  for (let round = 0; round < 3000; round++) {
    const file = Buffer.from(wave)
    for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) file[Math.floor(random() * file.length)] = random() * 256
    try {
      const { samples, sampleRateHz } = parseWave(file.subarray(0, Math.floor(random() * 60)))
      assert.ok(samples.length <= 4 && sampleRateHz > 0)
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error))
    }
  }
})
