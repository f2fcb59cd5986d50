import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import type { TurnRecord } from '../../tools/simulator/types.js'
import { ChorusServer } from '../support/chorus-server.js'
import { clips, loadClip } from '../support/clips.js'
import { loadTranscriber } from '../support/transcribe.js'
import { countWordErrors } from '../support/word-error-rate.js'

const questions = [
  'What time is it?',
  'What is the date today?',
  'Which day is it?',
  'What is twenty-five times four?',
  'What is 12 plus 30?',
  'What is 100 divided by 8?',
  'What is the square root of 144?',
  'How much is seven minus ten?',
  'What is 15 percent of 80?',
  'What is 3.5 * 2?',
  'Calculate (2 + 3) * 4',
  'Repeat the sky is blue and the grass is green',
  'Repeat after me: good morning, everybody.',
  'Say I would like a cup of tea with milk',
  'Repeat my brother lives in a small house near the river',
  'Hello',
  'Who are you?',
  'What can you do?',
  'Thank you very much',
  'Who won the world cup in 1998?'
]

// What twenty voices at once do to each other is a matter of load, not of this test.
const AT_ONCE = 4

// Three answers tell the time, and the recogniser writes or mishears some times in other words.
const CLOCK = '2026-11-22T10:24:00Z'

test('a device hears the answer to each of twenty questions, word for word', async t => {
  const server = await ChorusServer.start(t, { clock: CLOCK })
  const transcribe = await loadTranscriber()
  const turns: TurnRecord[] = []
  for (let at = 0; at < questions.length; at += AT_ONCE) {
    turns.push(...await Promise.all(questions.slice(at, at + AT_ONCE).map(question => askInText(t, server.url, question))))
  }
  const misheard: string[] = []
  for (const [index, turn] of turns.entries()) {
    const said = turn.sentences.map(sentence => sentence.text).join(' ')
    const heard = transcribe(turn.played, turn.sampleRate)
    const { errors, words, rate } = countWordErrors(said, heard)
    t.diagnostic(`${questions[index]} → ${said} | heard: ${heard} | ${errors} of ${words}`)
    assert.equal(turn.sttText, questions[index]!.replace(/[.!]$/, '')) // screens show no marks around it
    if (rate > 0.1) misheard.push(`"${said}" as "${heard}"`)
    // Whether a frame came in time is a question for a benchmark; whether it came is one for here.
    assert.deepEqual([turn.lostBeforeSpeaking, turn.overflowDrops, turn.malformedFrames], [0, 0, 0])
  }
  assert.deepEqual(misheard, [])
})

test('a spoken question is understood and answered', async t => {
  const server = await ChorusServer.start(t)
  const device = new SimulatedDevice({ url: server.url })
  t.after(() => { device.close() })
  await device.start('auto')
  await device.speak(new Int16Array(16_000 * 1.5)) // one looks whether the device listens, then speaks
  await device.speak(loadClip(clips.chieftain))
  const turn = await device.turnDone()
  const { errors } = countWordErrors(clips.chieftain.text, turn.sttText ?? '')
  assert.equal(errors, 0, `heard "${turn.sttText}"`)
  assert.ok(turn.playedFrames > 10)
})

async function askInText (t: { after (fn: () => void): void }, url: string, question: string): Promise<TurnRecord> {
  const device = new SimulatedDevice({ url, profile: { mic: 'off' } })
  t.after(() => { device.close() })
  await device.sendText(question)
  return await device.turnDone()
}
