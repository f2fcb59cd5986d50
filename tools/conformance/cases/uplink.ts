import { isAudio, isClosed, isJson, isStart, isStop, type Text, type Wanted } from '../arrivals.js'
import type { CaseContext } from '../case-context.js'
import { pause, type DeviceLink } from '../device-link.js'
import { encodeNoise, makeDtx } from '../speech.js'
import { longQuestion } from './opening.js'
import { checkOrder, expectTurn } from '../turn.js'
import type { ConformanceCase } from '../conformance-case.js'
import { check } from '../verdicts.js'

/** Silence that ends an utterance anywhere. */
const TAIL_S = 1.8
const HEARD_MS = 9000

type Send = (packets: readonly Buffer[]) => Promise<void>

/** Says the question in auto mode and waits for the answer. */
export async function sayQuestion (context: CaseContext, device: DeviceLink, say?: Send): Promise<string> {
  const send = say ?? (packets => device.speak(packets))
  const mark = device.mark
  device.listen('auto')
  await send([...context.target.clips.question, ...makeDtx(TAIL_S)])
  const heard = await device.expect('stt', isJson('stt'), context.rec(HEARD_MS), mark) as Text
  const turn = await expectTurn(device, mark, { startMs: context.rec(5000), stopMs: 60_000 })
  checkOrder(device, mark, turn)
  return textOf(heard)
}

export function textOf (message: Text): string { return String(message.json?.['text'] ?? '') }

/** Most of the words of the clip, whatever the recogniser. */
export function checkUnderstood (text: string, other: string): void {
  const words = (one: string): string[] => one.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []
  const expected = words(other)
  const common = expected.filter(word => words(text).includes(word)).length
  check(common >= expected.length * 0.7, `about "${other}"`, text)
}

const WAKE_WORD = '你好小智'

/** The wake word may be shown and greeted; the only question is what is said behind it. */
/** A server may greet: the device speaks then, and afterwards listens again. */
async function afterGreeting (context: CaseContext, device: DeviceLink): Promise<void> {
  await pause(context.rec(250))
  if (device.texts('tts', 'start').length === 0) return
  await device.expect('tts stop', isStop, context.rec(10_000))
  device.listen('auto')
}

async function wake (context: CaseContext, burst: readonly Buffer[]): Promise<void> {
  const device = await context.open()
  for (const packet of burst) device.sendPacket(packet)
  device.detect(WAKE_WORD)
  device.listen('auto')
  await afterGreeting(context, device)
  await device.speak([...context.target.clips.question, ...makeDtx(TAIL_S)])
  const isQuestion: Wanted = arrival => isJson('stt')(arrival) && !textOf(arrival as Text).includes('小智')
  const heard = await device.expect('stt', isQuestion, context.rec(HEARD_MS))
  await device.expect('tts stop', isStop, 60_000, device.arrivals.list.indexOf(heard))
  const questions = device.arrivals.list.filter(isQuestion)
  check(questions.length === 1, 'one question, and the wake audio not to be one', questions.map(one => textOf(one as Text)))
}

export const uplinkCases: readonly ConformanceCase[] = [
  { id: 'T040', title: 'a burst of wake audio is no question', run: context => wake(context, context.target.clips.question.slice(0, 33)) },
  { id: 'T041', title: 'neither burst nor detect', run: async context => { await sayQuestion(context, await context.open()) } },
  { id: 'T042', title: 'detect without wake audio', run: context => wake(context, []) },
  {
    id: 'T043', title: 'packets of one byte are silence',
    run: async context => {
      const device = await context.open()
      device.listen('auto')
      await device.speak(makeDtx(3))
      await device.refuse('answer to silence', isStart, 0)
      const mark = device.mark
      await device.speak([...context.target.clips.question, ...makeDtx(TAIL_S)])
      await device.expect('stt', isJson('stt'), context.rec(HEARD_MS), mark)
    }
  },
  {
    id: 'T044', title: 'an empty message does no harm',
    run: async context => {
      const device = await context.open()
      const empty = Buffer.alloc(0)
      await sayQuestion(context, device, packets => device.speak([empty, ...packets.slice(0, 20), empty, ...packets.slice(20)]))
    }
  },
  {
    id: 'T045', title: 'garbage does not spoil what follows',
    run: async context => {
      const garbage = Buffer.from(Array.from({ length: 50 }, (_, index) => (index * 73 + 255) & 255))
      const clean = await sayQuestion(context, await context.open())
      const device = await context.open()
      const text = await sayQuestion(context, device, async packets => {
        await device.speak([garbage, garbage, ...packets.slice(0, 2), garbage, ...packets.slice(2)])
      })
      checkUnderstood(text, clean)
    }
  },
  {
    id: 'T046', title: 'stalls and bursts change nothing of what is heard', limitMs: 90_000,
    run: async context => {
      const steady = await sayQuestion(context, await context.open())
      const device = await context.open()
      const mark = device.mark
      const text = await sayQuestion(context, device, async packets => {
        await device.speak(packets.slice(0, 20), 64)
        await pause(900)
        await device.speak(packets.slice(20, 35), 0)
        await device.speak(packets.slice(35))
      })
      check(device.texts('stt', undefined, mark).length === 1, 'one stt although the audio stalled', device.arrivals.describe(mark))
      checkUnderstood(text, steady)
    }
  },
  {
    id: 'T047', title: 'missing frames do no harm',
    run: async context => {
      const device = await context.open()
      device.listen('auto')
      const { question } = context.target.clips
      await device.speak(question.slice(0, 20))
      await pause(4000)
      const mark = device.mark
      await device.speak([...question.slice(0, 40), ...makeDtx(TAIL_S)], 60)
      await device.expect('stt', isJson('stt'), context.rec(HEARD_MS), 0)
      await device.refuse('an end', isClosed, 0, mark)
    }
  },
  {
    id: 'T048', title: 'frames behind listen stop begin no turn',
    run: async context => {
      const device = await context.open()
      device.listen('manual')
      await device.speak(context.target.clips.question)
      device.listenStop()
      await device.speak(context.target.clips.question.slice(-3))
      const turn = await expectTurn(device, 0, { startMs: context.rec(HEARD_MS), stopMs: 60_000 })
      const mark = device.arrivals.list.indexOf(turn.stop) + 1
      await device.refuse('second turn', isStart, 2500, mark)
    }
  },
  {
    id: 'T049', title: 'frames behind tts start are no barge-in',
    run: async context => {
      const device = await context.open()
      device.listen('auto')
      device.detect(context.target.model === undefined ? 'Hello, how are you?' : context.model.plan({ kind: 'say', text: 'One sentence that is long enough to be interrupted by somebody.' }))
      await device.expect('tts start', isStart, context.rec(8000))
      await device.speak(context.target.clips.question.slice(10, 15), 5)
      const stop = await device.expect('tts stop', isStop, 20_000)
      const first = device.audio()[0]
      check(first !== undefined && stop.atMs - first.atMs > 1500, 'the whole answer', device.arrivals.describe())
    }
  },
  {
    id: 'T050', title: 'endless noise gets no answer, and an end', limitMs: 200_000,
    run: async context => {
      const device = await context.open()
      device.listen('auto')
      const noise = encodeNoise(5)
      const untilMs = performance.now() + context.timers.idleMs + context.rec(8000)
      while (!device.arrivals.hasEnded && performance.now() < untilMs) await device.speak(noise)
      await device.expect('an end', isClosed, 0)
      check(device.texts('stt').length === 0, 'no question in noise', device.arrivals.describe())
    }
  },
  {
    id: 'T051', title: 'a very long utterance is answered', limitMs: 240_000,
    run: async context => {
      const device = await context.open()
      device.listen('auto')
      const { question } = context.target.clips
      const loop = question.slice(4, -6)
      const untilMs = performance.now() + context.timers.longAnswerS * 1000
      while (performance.now() < untilMs && device.texts('tts', 'start').length === 0) await device.speak(loop)
      await device.speak(makeDtx(TAIL_S))
      await device.expect('stt', isJson('stt'), context.rec(HEARD_MS + 10_000))
      await device.expect('tts stop', isStop, 90_000)
    }
  },
  {
    id: 'T052', title: 'the socket is read while others are answered', isAlone: true,
    run: async context => {
      const devices = await Promise.all(Array.from({ length: 6 }, () => context.open()))
      for (const one of devices) one.detect(longQuestion(context))
      for (const one of devices) await one.expect('audio', isAudio, context.rec(8000))
      const device = devices[0]!
      const mark = device.mark
      device.abort()
      // It can be heeded only once it was read.
      await device.expect('tts stop', isStop, context.rec(200), mark)
    }
  },
  {
    id: 'T053', title: 'timestamps of zero are no clock', dialects: ['ws1', 'ws2', 'gateway'],
    run: async context => {
      const other = context.dialect === 'ws1' ? context.as('ws2') : context
      const device = await other.open()
      await sayQuestion(other, device)
      check(device.audio().some(isAudio), 'audio')
    }
  }
]
