import assert from 'node:assert/strict'
import test from 'node:test'

import { findActiveSpeech } from '../../tools/simulator/active-speech.js'
import { clips, loadClip } from './clips.js'
import { addNoise, makePinkNoise } from './noise.js'
import { formatWav, parseWav } from './wav.js'

function rms (samples: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < samples.length; i++) sum += samples[i]! * samples[i]!
  return Math.sqrt(sum / samples.length)
}

test('noise is the same for the same seed and falls by 3 dB per octave', () => {
  const noise = makePinkNoise(1 << 16, 7)
  assert.deepEqual(makePinkNoise(1 << 16, 7), noise)
  assert.notDeepEqual(makePinkNoise(1 << 16, 8), noise)
  assert.ok(Math.abs(rms(noise) - 1) < 0.001)
  // White noise would have a ratio of the square root of 2 here, pink noise is smoother.
  const differences = noise.map((value, index) => value - (noise[index - 1] ?? value))
  assert.ok(rms(differences) < 1)
})

test('speech is mixed at the ratio asked for, measured over speech alone', () => {
  const speech = loadClip(clips.chieftain).map(sample => sample >> 2)
  const mixed = addNoise(speech, 10, { seed: 3 })
  const added = mixed.map((sample, index) => sample - speech[index]!)
  const ratio = 20 * Math.log10(findActiveSpeech(speech).rms / rms(added))
  assert.ok(Math.abs(ratio - 10) < 0.2, `${ratio} dB`)
})

test('a clip survives being written and read', () => {
  const samples = loadClip(clips.sevenOfClubs)
  const again = parseWav(formatWav(samples, 16000))
  assert.equal(again.sampleRate, 16000)
  assert.deepEqual(again.samples, samples)
})

test('files that are no 16-bit mono PCM are named for what they are', () => {
  const file = formatWav(new Int16Array(10), 16000)
  const stereo = Buffer.from(file)
  stereo.writeUInt16LE(2, 22)
  const wide = Buffer.from(file)
  wide.writeUInt16LE(24, 34)
  assert.throws(() => parseWav(stereo), /not mono \(2 channels\)/)
  assert.throws(() => parseWav(wide), /not 16-bit PCM/)
  assert.throws(() => parseWav(Buffer.from('no')), /not a WAV file/)
  assert.throws(() => parseWav(file.subarray(0, 36)), /no data chunk/)
})
