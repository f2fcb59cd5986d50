import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import { ChorusServer } from '../support/chorus-server.js'
import { clips, loadClip } from '../support/clips.js'
import { addNoise, makeRandom } from '../support/noise.js'
import { loadTranscriber } from '../support/transcribe.js'
import { alignWords, normaliseWords } from '../support/word-error-rate.js'

const RATE_HZ = 16_000
const SNR_DB = 15
const english = Object.values(clips).filter(clip => clip.language === 'en')

interface Stream { readonly samples: Int16Array, readonly words: readonly (readonly string[])[], readonly gaps: readonly number[] }

test('no word is lost at the start or the end of a clip, whatever the gaps, in quiet and in noise', { timeout: 120_000 }, async t => {
  const server = await ChorusServer.start(t)
  const transcribe = await loadTranscriber()
  const heard = english.map(clip => normaliseWords(transcribe(loadClip(clip), RATE_HZ)))
  const streams = [1, 2, 3].map(seed => makeStream(seed, heard))
  const runs = streams.flatMap((stream, index) => [
    { name: `order ${index + 1}, quiet`, stream, samples: stream.samples },
    { name: `order ${index + 1}, pink noise at ${SNR_DB} dB`, stream, samples: addNoise(stream.samples, SNR_DB, { seed: index + 1 }) }
  ])
  const texts = await Promise.all(runs.map(({ samples }) => listen(t, server.url, samples)))
  const lost = runs.flatMap(({ name, stream }, index) => {
    t.diagnostic(`${name} (gaps ${stream.gaps.map(gap => gap.toFixed(1)).join(' ')} s): ${texts[index]!.join(' | ')}`)
    return lostEdges(stream.words, normaliseWords(texts[index]!.join(' '))).map(word => `${name}: ${word}`)
  })
  assert.deepEqual(lost, [])
  const { pages } = await server.health()
  assert.equal(pages, 0)
})

/** Each English clip twice, in random order, with random gaps, and quiet around them. */
function makeStream (seed: number, heard: readonly (readonly string[])[]): Stream {
  const random = makeRandom(seed)
  const shuffled = [...english.keys(), ...english.keys()].map(index => ({ index, key: random() })).sort((a, b) => a.key - b.key)
  const order = shuffled.map(({ index }) => index)
  const gaps = order.map(() => 0.3 + random() * 1.2)
  const pieces: Int16Array[] = [new Int16Array(RATE_HZ)]
  order.forEach((index, at) => { pieces.push(loadClip(english[index]!), new Int16Array(Math.round(gaps[at]! * RATE_HZ))) })
  // The last words are recognised and answered while this silence is sent.
  pieces.push(new Int16Array(RATE_HZ * 3))
  return { samples: join(pieces), words: order.map(index => heard[index]!), gaps }
}

async function listen (t: { after (fn: () => void): void }, url: string, samples: Int16Array): Promise<string[]> {
  const device = new SimulatedDevice({ url, profile: { aec: 'device', audio: 'count' } })
  t.after(() => { device.close() })
  const texts: string[] = []
  device.on('message', (message, direction) => {
    if (direction === 'in' && message['type'] === 'stt') texts.push(String(message['text']))
  })
  await device.start('realtime')
  await device.speak(samples)
  device.close()
  return texts
}

/** First and last words of clips for which nothing was understood, not even wrongly. */
function lostEdges (said: readonly (readonly string[])[], understood: readonly string[]): string[] {
  const counterparts = alignWords(said.flat(), understood)
  let start = 0
  return said.flatMap(words => {
    const edges = [start, start + words.length - 1]
    start += words.length
    return edges.filter(edge => counterparts[edge] === undefined).map(edge => `"${said.flat()[edge]}" of "${words.join(' ')}"`)
  })
}

function join (pieces: readonly Int16Array[]): Int16Array {
  const samples = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  pieces.reduce((at, piece) => { samples.set(piece, at); return at + piece.length }, 0)
  return samples
}
