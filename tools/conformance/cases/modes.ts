import { isAudio, isClosed, isJson, isStart, isStop } from '../arrivals.js'
import type { CaseContext } from '../case-context.js'
import { pause } from '../device-link.js'
import { makeDtx } from '../speech.js'
import { expectTurn } from '../turn.js'
import type { ConformanceCase } from '../conformance-case.js'
import { check, checkEqual } from '../verdicts.js'
import { longQuestion, words } from './opening.js'
import { textOf } from './uplink.js'

const LIMITS = { startMs: 14_000, stopMs: 60_000 }

export const modeCases: readonly ConformanceCase[] = [
  {
    id: 'T076', title: 'a press is answered when it is released',
    run: async context => {
      const device = await context.open()
      device.listen('manual')
      await device.speak([...context.target.clips.question, ...makeDtx(1.5)])
      await device.refuse('stt or tts before listen stop', arrival => isStart(arrival) || isJson('stt')(arrival), 0)
      const mark = device.mark
      device.listenStop()
      const { stt, frames } = await expectTurn(device, mark, LIMITS)
      check(stt.length === 1 && frames.length > 0, 'stt and an answer', device.arrivals.describe(mark))
    }
  },
  {
    id: 'T077', title: 'a pause within a press ends nothing',
    run: async context => {
      const device = await context.open()
      const { question } = context.target.clips
      device.listen('manual')
      await device.speak([...question.slice(0, 35), ...makeDtx(2), ...question.slice(35)])
      await device.refuse('answer in the pause', isStart, 0)
      const mark = device.mark
      device.listenStop()
      const { stt } = await expectTurn(device, mark, LIMITS)
      checkEqual(stt.length, 1, 'number of stt')
    }
  },
  {
    id: 'T078', title: 'a press without audio is nothing',
    run: async context => {
      const device = await context.open()
      device.listen('manual')
      device.listenStop()
      await pause(2500)
      check(device.texts('tts', 'start').length <= 1, 'at most one prompt', device.arrivals.describe())
      if (device.texts('tts', 'start').length > 0) await device.expect('tts stop', isStop, 10_000)
      await press(context, device)
    }
  },
  {
    id: 'T079', title: 'listen stop alone is nothing',
    run: async context => {
      const device = await context.open()
      device.listenStop()
      await device.refuse('answer', isStart, 1500)
      await context.ask(device, 'Hello?')
    }
  },
  {
    id: 'T080', title: 'a second press on the same socket',
    run: async context => {
      const device = await context.open()
      await press(context, device)
      await press(context, device)
      checkEqual(device.texts('hello').length, 1, 'number of hellos')
    }
  },
  {
    id: 'T081', title: 'a press while the server speaks',
    run: async context => {
      const device = await context.open()
      device.detect(longQuestion(context))
      await device.expect('audio', isAudio, context.rec(8000))
      await pause(1000)
      const mark = device.mark
      const abortedAt = performance.now()
      device.abort()
      device.listen('manual')
      await device.speak(context.target.clips.question)
      const late = device.audio(mark).filter(({ atMs }) => atMs > abortedAt + context.rec(50))
      checkEqual(late.length, 0, 'number of packets after abort')
      await device.refuse('tts start of the old turn', isStart, 0, mark)
      const released = device.mark
      device.listenStop()
      const { stt } = await expectTurn(device, released, LIMITS)
      check(stt.length === 1, 'stt of the press', device.arrivals.describe(released))
    }
  },
  {
    id: 'T082', title: 'a press held for a minute', limitMs: 180_000,
    run: async context => {
      const device = await context.open()
      const { question } = context.target.clips
      device.listen('manual')
      const untilMs = performance.now() + Math.min(60, context.timers.longAnswerS) * 1000
      while (performance.now() < untilMs) await device.speak(question)
      await device.refuse('answer before the release', isStart, 0)
      const mark = device.mark
      device.listenStop()
      const { stt } = await expectTurn(device, mark, { startMs: context.rec(30_000), stopMs: 90_000 })
      check(textOf(stt[0]!).length > 100, 'all of what was said', textOf(stt[0]!))
    }
  },
  {
    id: 'T083', title: 'an idle channel is closed', limitMs: 150_000,
    run: async context => {
      const device = await context.open()
      await press(context, device)
      await device.expect('an end', isClosed, Math.min(100_000, context.timers.idleMs) + context.rec(3000))
    }
  },
  {
    id: 'T084', title: 'realtime: one listen start for all turns', limitMs: 90_000,
    run: async context => {
      const device = await context.open()
      device.listen('realtime')
      for (let turn = 0; turn < 2; turn++) {
        const mark = device.mark
        await device.speak([...context.target.clips.question, ...makeDtx(2)])
        await untilStop(context, device, mark)
      }
    }
  },
  {
    id: 'T085', title: 'realtime: who speaks over the answer is heard', isAlone: true,
    run: async context => {
      const device = await context.open()
      device.listen('realtime')
      device.detect(longQuestion(context))
      await device.expect('audio', isAudio, context.rec(8000))
      await device.speak(makeDtx(1.5))
      const mark = device.mark
      const spokeAt = performance.now()
      await device.speak([...context.target.clips.question, ...makeDtx(2)])
      const stop = await device.expect('tts stop', isStop, 2000, mark)
      // The clip begins with some silence, and a recogniser may want to be sure of words.
      check(stop.atMs - spokeAt <= context.rec(300) + 1200, 'tts stop soon after the speech began', `${Math.round(stop.atMs - spokeAt)} ms`)
      const after = device.arrivals.list.indexOf(stop) + 1
      const { stt } = await expectTurn(device, after, LIMITS)
      checkEqual(stt.length, 1, 'number of questions')
    }
  },
  {
    id: 'T086', title: 'realtime: its own echo is nobody', limitMs: 90_000,
    run: async context => {
      const device = await context.open()
      device.listen('realtime')
      device.detect(context.model.plan({ kind: 'say', text: words(20) }))
      await device.expect('audio', isAudio, context.rec(8000))
      let played = 0
      const isOver = (): boolean => device.texts('tts', 'stop').length > 0 && played === device.audio().length
      // What comes goes back as it is played, as if the speaker were heard by the microphone.
      while (!isOver()) {
        const packet = device.audio()[played]?.packet
        if (packet !== undefined) played++
        await device.speak(packet === undefined ? makeDtx(0.06) : [packet])
      }
      await device.speak(makeDtx(2.5))
      check(device.audio().length > 60, 'the whole answer', `${device.audio().length} packets`)
      check(device.texts('stt').length <= 1, 'no question that is an echo', device.arrivals.describe())
    }
  },
  {
    id: 'T087', title: 'realtime: a short sound ends no answer',
    run: async context => {
      const device = await context.open()
      device.listen('realtime')
      const mark = device.mark
      device.detect(context.model.plan({ kind: 'say', text: words(20) }))
      await device.expect('audio', isAudio, context.rec(8000))
      await device.speak([...makeDtx(1), ...context.target.clips.question.slice(14, 15), ...makeDtx(2)])
      const turn = await expectTurn(device, mark, LIMITS)
      check(turn.frames.length > 60, 'the whole answer', `${turn.frames.length} packets`)
    }
  },
  {
    id: 'T088', title: 'realtime: stop, then start, with a pause between',
    run: async context => {
      const device = await context.open()
      device.listen('realtime')
      device.detect(longQuestion(context))
      await device.expect('audio', isAudio, context.rec(8000))
      const mark = device.mark
      device.detect('Hello, how are you?')
      const stop = await device.expect('tts stop', isStop, context.rec(2000), mark)
      const start = await device.expect('tts start', isStart, context.rec(8000), mark)
      const first = await device.expect('audio', isAudio, context.rec(8000), device.arrivals.list.indexOf(start))
      check(start.atMs >= stop.atMs, 'stop before start')
      check(first.atMs - stop.atMs >= 45, 'audio at least 50 ms behind tts stop', `${Math.round(first.atMs - stop.atMs)} ms`)
    }
  },
  {
    id: 'T089', title: 'timestamps for echo cancellation on the server', dialects: ['ws1', 'ws2'],
    run: async context => {
      const device = await context.as('ws2').openSocket({ features: { mcp: false, aec: true } })
      device.listen('realtime')
      const { turn } = await context.ask(device, 'Hello, how are you?')
      const stamps = turn.frames.map(({ timestamp }) => timestamp)
      check(stamps.every(stamp => stamp > 0), 'timestamps that are not zero', stamps.slice(0, 8))
      check(stamps.every((stamp, index) => index === 0 || stamp > stamps[index - 1]!), 'timestamps that rise', stamps.slice(0, 8))
      for (const stamp of [0, stamps[0]!, stamps[0]!, stamps[3]!, 0]) device.sendPacket(Buffer.of(0x58), stamp)
      await device.refuse('end', isClosed, 500)
    }
  },
  {
    id: 'T090', title: 'echo cancellation with frames that have no timestamps', dialects: ['ws1', 'ws3'],
    run: async context => {
      const device = await context.openSocket({ features: { mcp: false, aec: true } })
      await context.ask(device, 'Hello?')
    }
  }
]

type Device = Awaited<ReturnType<CaseContext['open']>>

async function press (context: CaseContext, device: Device): Promise<void> {
  const mark = device.mark
  device.listen('manual')
  await device.speak(context.target.clips.question)
  device.listenStop()
  const { stt } = await expectTurn(device, mark, LIMITS)
  check(stt.length === 1 && textOf(stt[0]!) !== '', 'one stt with text', device.arrivals.describe(mark))
}

/** The microphone stays on while the answer is spoken. */
async function untilStop (context: CaseContext, device: Device, mark: number): Promise<void> {
  const untilMs = performance.now() + 30_000
  while (device.texts('tts', 'stop', mark).length === 0 && performance.now() < untilMs) await device.speak(makeDtx(0.3))
  await device.expect('tts stop', isStop, context.rec(0), mark)
}
