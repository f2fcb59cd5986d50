import { openDecoder } from '../../simulator/opus-codec.js'
import { isAudio, isClosed, isEnd, isJson, isSentence, isStart, isStop } from '../arrivals.js'
import type { CaseContext } from '../case-context.js'
import { FRAME_MS, pause, type DeviceLink } from '../device-link.js'
import { checkOrder, checkQuietAfter, expectTurn, gapsMs, leads, longestGapMs } from '../turn.js'
import type { ConformanceCase } from '../conformance-case.js'
import { check, checkEqual, NotApplicable } from '../verdicts.js'
import { words } from './opening.js'
import { sayQuestion, textOf } from './uplink.js'

const EMOTIONS = new Set(['neutral', 'happy', 'laughing', 'funny', 'sad', 'angry', 'crying', 'loving', 'embarrassed', 'surprised', 'shocked',
  'thinking', 'winking', 'cool', 'relaxed', 'delicious', 'kissy', 'confident', 'sleepy', 'silly', 'confused'])
const MAX_AHEAD = 40
const FIVE = 'One is the first word. Two is the second word. Three is the third word. Four is the fourth word. Five is the last word.'

/** A device that was asked something whose answer is this text. */
async function answered (context: CaseContext, text: string, stopMs = 60_000) {
  const device = await context.open()
  const { mark, turn } = await context.ask(device, context.model.plan({ kind: 'say', text }), stopMs)
  checkOrder(device, mark, turn)
  return { device, mark, turn }
}

/** How much of what was sent the device has still to play when the last packet comes. */
function unplayedMs (device: DeviceLink): number { return (leads(device.audio()).at(-1) ?? 0) * FRAME_MS }

export const turnCases: readonly ConformanceCase[] = [
  {
    id: 'T054', title: 'stt, tts start, sentences and audio, tts stop, in this order',
    run: async context => {
      const device = await context.open()
      await sayQuestion(context, device)
      const turn = await expectTurn(device, 0, { startMs: 0, stopMs: 0 })
      check(turn.stt.length > 0 && turn.stt[0]!.atMs <= turn.start.atMs, 'stt before tts start', device.arrivals.describe())
      check(textOf(turn.stt[0]!) !== '', 'text in stt')
      check(turn.frames.length > 0 && turn.sentences.length > 0, 'sentence_start and audio', device.arrivals.describe())
      await checkQuietAfter(device, turn, 1000)
    }
  },
  {
    id: 'T055', title: 'a pause between tts start and audio', isAlone: true,
    run: async context => {
      const { turn } = await answered(context, 'A short answer.')
      const gapMs = turn.frames[0]!.atMs - turn.start.atMs
      // Nothing is allowed for shared machines: the device loses what comes too early.
      check(gapMs >= 80, 'audio at least 80 ms behind tts start', `${Math.round(gapMs)} ms`)
    }
  },
  {
    id: 'T056', title: 'audio comes a little ahead of its time', isAlone: true,
    run: async context => {
      const { turn } = await answered(context, words(40))
      const ahead = leads(turn.frames)
      const most = 6 + Math.ceil(context.target.toleranceMs / FRAME_MS)
      const settled = ahead.slice(6, -1)
      check(Math.max(...ahead) <= most, `at most ${most} packets ahead`, Math.max(...ahead).toFixed(1))
      check(settled.every(one => one >= 1), 'at least 1 packet ahead after the start', Math.min(...settled).toFixed(1))
      const silentMs = gapsMs(turn.frames).reduce((sum, gap) => sum + gap, 0)
      check(silentMs <= context.target.toleranceMs, 'no underrun', `${Math.round(silentMs)} ms of silence`)
    }
  },
  {
    id: 'T057', title: 'a long answer does not drift', limitMs: 240_000,
    run: async context => {
      const { turn } = await answered(context, words(context.timers.longAnswerS * 2.6), context.timers.longAnswerS * 2000 + 20_000)
      const ahead = leads(turn.frames)
      const mean = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length
      const [early, late] = [mean(ahead.slice(10, 40)), mean(ahead.slice(-40, -5))]
      const slack = 1 + context.target.toleranceMs / FRAME_MS
      check(Math.abs(late - early) <= slack, `the same lead at the end as at the start (${early.toFixed(1)} packets)`, late.toFixed(1))
      check(Math.max(...ahead) <= MAX_AHEAD, `never more than ${MAX_AHEAD} packets ahead`, Math.max(...ahead).toFixed(1))
    }
  },
  {
    id: 'T058', title: 'every packet has the announced length',
    run: async context => {
      const { device, turn } = await answered(context, FIVE)
      device.checkAudio(turn.frames)
      const decoder = openDecoder(24000)
      for (const { packet } of turn.frames) check(decoder.decode(packet!).length === 24000 * FRAME_MS / 1000, 'packets that decode to 60 ms')
    }
  },
  {
    id: 'T059', title: 'packets of 20 ms, if the server is set so', dialects: ['ws1', 'ws2', 'ws3', 'gateway'],
    run: async context => {
      if (context.target.spare === undefined) throw new NotApplicable('nobody here may set this server')
      const server = await context.target.spare(['--audio.frameMs', '20'])
      try {
        const device = await context.connect({ url: server.url })
        context.sayHello(device)
        const hello = await device.expectHello(context.rec(1000))
        checkEqual((hello['audio_params'] as { frame_duration?: unknown }).frame_duration, 20, 'frame_duration')
        const { turn } = await context.ask(device, context.model.plan({ kind: 'say', text: FIVE }))
        device.checkAudio(turn.frames, 20)
        let emptyAt = 0
        for (const { atMs } of turn.frames) {
          emptyAt = Math.max(emptyAt, atMs) + 20
          check((emptyAt - atMs) / 20 < 35, 'fewer than 35 packets ahead', (emptyAt - atMs) / 20)
        }
      } finally {
        await server.stop()
      }
    }
  },
  { id: 'T060', title: 'one sample rate that Opus has', run: rate },
  {
    id: 'T061', title: 'mono packets',
    run: async context => {
      const { device, turn } = await answered(context, 'A short answer.')
      device.checkAudio(turn.frames)
    }
  },
  {
    id: 'T062', title: 'a pause of the voice stays within the turn',
    run: async context => {
      const device = await context.open()
      const question = context.model.plan({ kind: 'pause', before: 'This comes at once. ', pauseMs: 3500, after: `And this comes late. ${words(20)}` })
      const { mark, turn } = await context.ask(device, question)
      checkOrder(device, mark, turn)
      const gapMs = longestGapMs(turn.frames)
      check(gapMs > 500, 'the audio before the pause to come before it is over', `a gap of ${Math.round(gapMs)} ms`)
      check(Math.max(...leads(turn.frames)) <= MAX_AHEAD / 2, 'a fresh lead behind the pause', Math.max(...leads(turn.frames)))
      await checkQuietAfter(device, turn, 500)
    }
  },
  {
    id: 'T063', title: 'five sentences: one start, five sentence_start, one stop',
    run: async context => {
      const { device, turn } = await answered(context, FIVE)
      checkEqual(turn.sentences.length, 5, 'number of sentence_start')
      const all = device.arrivals.list
      for (const sentence of turn.sentences) check(all.slice(all.indexOf(sentence)).some(isAudio), 'audio behind every sentence_start')
      const gaps = turn.sentences.slice(1).map((sentence, index) => {
        return device.audio().filter(({ atMs }) => atMs > turn.sentences[index]!.atMs && atMs < sentence.atMs).length
      })
      check(gaps.every(count => count > 0), 'audio between the sentences', device.arrivals.describe())
      checkEqual(device.texts('tts').filter(({ json }) => json?.['state'] === 'stop').length, 1, 'number of tts stop')
    }
  },
  {
    id: 'T064', title: 'tts stop at once, to firmware that drains (2.4.2)', isAlone: true,
    run: async context => {
      const identity = context.newIdentity()
      const device = await context.open({ identity, version: '2.4.2' })
      const { turn } = await context.ask(device, 'Hello, how are you?')
      const lateMs = turn.stop.atMs - turn.frames.at(-1)!.atMs
      check(lateMs <= Math.max(context.rec(50), unplayedMs(device) + context.rec(150)), 'tts stop right behind the last packet', `${Math.round(lateMs)} ms later`)
    }
  },
  {
    id: 'T065', title: 'tts stop when all was heard, to old firmware (2.0.5)', isAlone: true,
    run: async context => {
      const identity = context.newIdentity()
      if (context.target.otaUrl !== undefined) await context.register(identity, { version: '2.0.5' })
      const device = await context.open({ identity, version: '2.0.5' })
      const { turn } = await context.ask(device, 'Hello, how are you?')
      const lateMs = turn.stop.atMs - turn.frames.at(-1)!.atMs
      check(lateMs >= unplayedMs(device) - FRAME_MS, `tts stop ${Math.round(unplayedMs(device))} ms behind the last packet`, `${Math.round(lateMs)} ms`)
    }
  },
  {
    id: 'T066', title: 'the next turn needs no new hello',
    run: async context => {
      const device = await context.open()
      await context.ask(device, 'Hello, how are you?')
      const mark = device.mark
      await sayQuestion(context, device)
      checkEqual(device.texts('hello', undefined, mark).length, 0, 'number of further hellos')
    }
  },
  {
    id: 'T067', title: 'a cough leaves no turn open',
    run: async context => {
      const device = await context.open()
      device.listen('auto')
      await device.speak([...context.target.clips.question.slice(12, 14), ...Array.from({ length: 30 }, () => Buffer.of(0x58))])
      await pause(3000)
      const started = device.texts('tts', 'start').length
      if (started > 0) await device.expect('tts stop', isStop, 30_000)
      await device.refuse('end', isClosed, 0)
      await context.ask(device, 'Hello?')
    }
  },
  {
    id: 'T068', title: 'an empty answer leaves no turn open',
    run: async context => {
      const device = await context.open()
      device.detect(context.model.plan({ kind: 'say', text: '' }))
      await pause(context.rec(3000))
      if (device.texts('tts', 'start').length > 0) await device.expect('tts stop', isStop, 10_000)
      await context.ask(device, 'Hello?')
    }
  },
  { id: 'T069', title: 'a service that fails is spoken of', run: async context => { await fails(context, 'fail'); await fails(context, 'hang') } },
  {
    id: 'T070', title: 'goodbye is said to its end, then the connection closed', dialects: ['ws1', 'ws2', 'ws3', 'gateway'],
    run: async context => {
      const device = await context.openSocket()
      device.detect('再见')
      await device.expect('tts start', isStart, context.rec(8000))
      const stop = await device.expect('tts stop', isStop, 20_000)
      check(device.audio().length > 0, 'a farewell')
      const end = await device.expect('the end of TCP', isEnd, context.rec(5000)).catch(() => undefined)
      if (end === undefined) throw context.missing('the server stays connected after goodbye')
      check(end.atMs >= stop.atMs, 'the end behind tts stop')
    }
  },
  {
    id: 'T071', title: 'emotions are those that devices have faces for',
    run: async context => {
      const { turn } = await answered(context, '😀 I am so happy to hear that.')
      check(turn.emotions.length > 0, 'an llm message in the turn')
      for (const { json } of turn.emotions) check(typeof json!['emotion'] === 'string' && EMOTIONS.has(json!['emotion']), 'one of the 21 emotions', json!['emotion'])
    }
  },
  {
    id: 'T072', title: 'a long answer comes in small texts', limitMs: 120_000,
    run: async context => {
      const device = await context.open()
      device.detect(context.model.plan({ kind: 'say', text: 'all this without any stop at all and '.repeat(140) }))
      await device.expect('sentence_start', isSentence, context.rec(10_000))
      await pause(15_000)
      device.abort()
      await device.expect('tts stop', isStop, context.rec(1000))
      for (const arrival of device.arrivals.list) {
        if (arrival.kind !== 'text') continue
        const bytes = Buffer.byteLength(arrival.text)
        check(bytes <= 8192, 'texts of at most 8 KB', `${bytes} bytes`)
        if (arrival.json?.['type'] === 'tts') check(bytes <= 1200, 'sentences of at most 1 KB', `${bytes} bytes`)
      }
    }
  },
  {
    id: 'T073', title: 'valid JSON and UTF-8, whatever the text',
    run: async context => {
      const { device } = await answered(context, 'He said "hello \\ there" 👩‍🚀 and\nleft\tthe 𝄞 room. Then he came back.')
      for (const arrival of device.arrivals.list) {
        if (arrival.kind !== 'text') continue
        check(arrival.json !== undefined, 'JSON', arrival.text)
        check(!arrival.text.includes('\ufffd'), 'valid UTF-8', arrival.text)
      }
    }
  },
  {
    id: 'T074', title: 'the server speaks first',
    run: async context => {
      const identity = context.newIdentity()
      const device = await context.open({ identity })
      const mark = device.mark
      await context.operate('say', identity.deviceId)
      checkOrder(device, mark, await expectTurn(device, mark, { startMs: context.rec(5000), stopMs: 30_000 }))
    }
  },
  {
    id: 'T075', title: 'listen start cancels the answer under way',
    run: async context => {
      const device = await context.open()
      // By voice: behind a text that is a question, listen start belongs to it.
      device.listen('manual')
      await device.speak(context.target.clips.question)
      device.listenStop()
      await device.expect('stt', isJson('stt'), context.rec(12_000))
      device.listen('auto')
      const mark = device.mark
      await device.refuse('stale answer', arrival => isSentence(arrival) || isAudio(arrival), 3500, mark)
      await context.ask(device, 'Hello?')
    }
  }
]

async function rate (context: CaseContext): Promise<void> {
  const device = await context.open()
  const audio = (device.texts('hello')[0]!.json!['audio_params'] ?? {}) as { readonly sample_rate?: unknown }
  check([8000, 12000, 16000, 24000, 48000].includes(audio.sample_rate as number), 'a sample_rate that Opus has', audio.sample_rate)
  await context.ask(device, 'Hello?')
  checkEqual(device.texts('hello').length, 1, 'number of hellos')
}

/** @throws Unmet when the failure is not told, in time and to its end */
async function fails (context: CaseContext, kind: 'fail' | 'hang'): Promise<void> {
  const device = await context.open()
  const askedAt = performance.now()
  device.detect(context.model.plan({ kind }))
  const told = await device.expect(`audio or an alert after the model "${kind}"s`, arrival => isAudio(arrival) || isJson('alert')(arrival), context.rec(9000))
  check(told.atMs - askedAt <= context.rec(8000), `it within ${context.rec(8000)} ms`, `${Math.round(told.atMs - askedAt)} ms`)
  if (device.texts('tts', 'start').length > 0) await device.expect('tts stop', isStop, 20_000)
  await context.ask(device, 'Hello?')
}
