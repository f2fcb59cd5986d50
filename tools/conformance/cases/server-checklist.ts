import { isAudio, isClosed, isEnd, isJson, isSentence, isStart, isStop, type Text } from '../arrivals.js'
import type { CaseContext } from '../case-context.js'
import { pause, type DeviceLink } from '../device-link.js'
import { makeDtx } from '../speech.js'
import { checkOrder, expectTurn } from '../turn.js'
import type { ConformanceCase } from '../conformance-case.js'
import { upgrade } from '../upgrade.js'
import { check, checkEqual, NotApplicable } from '../verdicts.js'
import { checkUnderstood, textOf } from './uplink.js'

const WS = ['ws1', 'ws2', 'ws3', 'gateway'] as const
const WAKE_WORD = '你好小智'
const LIMITS = { startMs: 14_000, stopMs: 60_000 }

/** Rules of the checklist for what a server hears, shows and makes of a connection. */
export const serverChecklistCases: readonly ConformanceCase[] = [
  {
    id: 'WS-10', title: 'who it is behind a proxy that is trusted, and behind no other', dialects: WS, limitMs: 90_000,
    run: async context => {
      if (context.target.spare === undefined) throw new NotApplicable('nobody here may set this server')
      const server = await context.target.spare(['--auth.trustedProxies', '127.0.0.1'])
      try {
        for (const header of ['X-Real-IP', 'X-Forwarded-For']) {
          checkEqual(await statusOf(context, server.url, { [header]: '192.168.7.7' }), 101, `status of a private address in ${header}`)
          checkRefused(await statusOf(context, server.url, { [header]: '203.0.113.7' }), `a public address in ${header}`)
        }
        const hops = { 'X-Forwarded-For': '192.168.7.7, 203.0.113.7' } // the device wrote the first itself
        checkRefused(await statusOf(context, server.url, hops), 'a public address behind an invented one')
      } finally {
        await server.stop()
      }
      checkRefused(await statusOf(context, context.target.url, { 'X-Real-IP': '192.168.7.7' }), 'an address told by nobody who is trusted')
    }
  },
  {
    id: 'WS-12', title: 'a text of more than 1 MiB is refused', dialects: WS,
    run: async context => {
      const device = await context.openSocket()
      device.sendBytes(longText(JSON.stringify({ type: 'listen', state: 'detect', text: 'x'.repeat(1_100_000) })))
      await device.refuse('answer to it', isStart, 3000)
      if (!device.arrivals.hasEnded) await context.ask(device, 'Hello?')
      await context.ask(await context.openSocket(), 'Hello?')
    }
  },
  {
    id: 'WS-13', title: 'unknown types are ignored, and what is no object does no harm', dialects: WS,
    run: async context => {
      const device = await context.openSocket()
      const mark = device.mark
      const odd = ['{"type":"weather"}', '{"type":7}', '{"state":"start"}', '{}', '[]', 'null', '"listen"', '12', 'true', '{"type":"listen"', 'hello there', '']
      for (const text of odd) device.sendText(text)
      await device.refuse('an end', isClosed, 1500)
      // The server that is replaced echoes what is no JSON; firmware makes nothing of it.
      for (const { text } of device.arrivals.from(mark).filter((one): one is Text => one.kind === 'text')) check(odd.includes(text), 'no reply but an echo', text)
      await context.ask(device, 'Hello?')
    }
  },
  {
    id: 'MSG-07', title: 'a call of another device is told word by word',
    run: async context => {
      const device = await context.open()
      const call = 'Ann is calling you. Do you want to answer?'
      const { mark, turn } = await context.ask(device, `[device_call]${call}`)
      checkOrder(device, mark, turn)
      check(turn.stt.length === 1 && textOf(turn.stt[0]!) === call, `stt "${call}"`, turn.stt.map(textOf))
      checkEqual(turn.sentences.map(textOf).join(' '), call, 'what is said')
      check(turn.frames.length > 15, 'audio of it', `${turn.frames.length} packets`)
      const question = context.model.plan({ kind: 'say', text: 'Fine.' })
      await context.ask(device, question)
      const told = context.model.requestsFor(question)[0]!.messages.find(({ role }) => role === 'assistant')
      check(String(told?.['content']).includes('Ann is calling you.'), 'the model to know that it was said', told)
    }
  },
  {
    id: 'OUT-02', title: 'stt shows the words of a question, without marks and emoji around them',
    run: async context => {
      const device = await context.open()
      for (const [question, shown] of [
        ['  What is your name?  ', 'What is your name?'], ['“Tell me a joke!”', 'Tell me a joke'], ['😀 今天天气怎么样。', '今天天气怎么样'],
        ['[good morning]', 'good morning'], ['{"speaker":"Ann","content":"How are you, my friend."}', 'How are you, my friend']
      ] as const) {
        const mark = device.mark
        device.detect(question)
        const stt = await device.expect('stt', isJson('stt'), context.rec(2000), mark) as Text
        checkEqual(textOf(stt), shown, 'text of stt')
        await device.expect('tts start', isStart, context.rec(8000), mark)
        device.abort()
        await device.expect('tts stop', isStop, context.rec(1000), mark)
      }
    }
  },
  {
    id: 'OUT-04', title: 'a tool that is called is shown as "% name"',
    run: async context => {
      const { device, mcp } = await context.openMcp()
      await device.expect('tools/list', () => mcp.of('tools/list').length > 0, 8000).catch(() => { throw context.missing('the server asks an MCP device for no tools') })
      await pause(700)
      const call = { name: 'self_audio_speaker_set_volume', arguments: '{"volume":50}' }
      const { mark } = await context.ask(device, context.model.plan({ kind: 'call', calls: [call], after: 'Done.' }))
      const all = device.arrivals.from(mark)
      const shownAt = all.findIndex(arrival => isJson('stt')(arrival) && textOf(arrival as Text) === `% ${call.name}`)
      const calledAt = all.findIndex(arrival => isJson('mcp')(arrival) && (arrival as Text).text.includes('tools/call'))
      check(calledAt >= 0, 'tools/call', device.arrivals.describe(mark))
      if (shownAt < 0) throw context.missing('calls of tools are not shown')
      check(shownAt < calledAt, 'the name before the call', device.arrivals.describe(mark))
    }
  },
  {
    id: 'OUT-08', title: 'a wake word is answered from a store: no stt, no llm, at once',
    run: async context => {
      const device = await context.open()
      const greet = async (): Promise<string> => {
        const askedAt = performance.now()
        const { mark, turn } = await context.ask(device, WAKE_WORD)
        checkOrder(device, mark, turn)
        check(turn.stt.length === 0 && turn.emotions.length === 0, 'neither stt nor llm', device.arrivals.describe(mark))
        check(turn.sentences.length > 0 && turn.frames.length > 0, 'a sentence with its audio', device.arrivals.describe(mark))
        const afterMs = turn.frames[0]!.atMs - askedAt
        check(afterMs <= context.rec(500), `audio within ${context.rec(500)} ms`, `${Math.round(afterMs)} ms`)
        return turn.sentences.map(textOf).join(' ')
      }
      checkEqual(await greet(), await greet(), 'a greeting as the one before:')
      const { turn } = await context.ask(device, 'Hello, how are you?')
      check(turn.stt.length === 1, 'stt of a question')
    }
  },
  {
    id: 'AUD-06', title: 'what is heard begins before the voice was noticed', limitMs: 90_000,
    run: async context => {
      const device = await context.open()
      const { question } = context.target.clips
      device.listen('manual') // nothing is looked for then: all of it is heard
      await device.speak(question)
      device.listenStop()
      const whole = textOf((await expectTurn(device, 0, LIMITS)).stt[0]!)
      const mark = device.mark
      device.listen('auto')
      await device.speak([...makeDtx(1.5), ...question, ...makeDtx(1.8)])
      const heard = textOf(await device.expect('stt', isJson('stt'), context.rec(9000), mark) as Text)
      const first = (text: string): string => (text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []).slice(0, 3).join(' ')
      checkEqual(first(heard), first(whole), 'first words')
      checkUnderstood(heard, whole)
    }
  },
  {
    id: 'AUD-07', title: 'a click is no question, a word is one', limitMs: 90_000,
    run: async context => {
      const device = await context.open()
      device.listen('auto')
      const click = context.target.clips.question.slice(14, 15)
      for (let times = 0; times < 3; times++) await device.speak([...makeDtx(1), ...click, ...makeDtx(1.2)])
      await device.refuse('turn', arrival => isStart(arrival) || isJson('stt')(arrival), 2000)
      await device.speak([...context.target.clips.word, ...makeDtx(1.8)])
      await device.expect('stt of a word', isJson('stt'), context.rec(9000))
    }
  },
  {
    id: 'AUD-09', title: 'what is still heard of a wake word is no question', limitMs: 90_000,
    run: async context => {
      const device = await context.open()
      device.listen('auto')
      await device.speak(context.target.clips.question.slice(0, 25)) // the wake word, as the microphone hears it
      device.detect(WAKE_WORD)
      await device.speak(context.target.clips.question.slice(25, 50))
      await device.expect('tts start', isStart, context.rec(3000))
      const stop = await device.expect('tts stop', isStop, 20_000)
      const greeting = device.audio().filter(({ atMs }) => atMs < stop.atMs)
      check(greeting.length > 8, 'the whole greeting', `${greeting.length} packets`)
      await device.refuse('question', isJson('stt'), 2500)
      await checkHeard(context, device)
    }
  }
]

/** The device is heard as if nothing had been. */
async function checkHeard (context: CaseContext, device: DeviceLink): Promise<void> {
  const mark = device.mark
  device.listen('auto')
  await device.speak([...context.target.clips.question, ...makeDtx(1.8)])
  await device.expect('stt', isJson('stt'), context.rec(9000), mark)
  await device.expect('sentence_start', isSentence, context.rec(9000), mark)
  await device.expect('audio', isAudio, context.rec(3000), mark)
  check(!device.arrivals.list.some(isEnd), 'the connection to stay')
}

/** Longer than what any device sends; its mask is zero. */
function longText (text: string): Buffer {
  const head = Buffer.of(0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
  head.writeUInt32BE(Buffer.byteLength(text), 6)
  return Buffer.concat([head, Buffer.from(text)])
}

function checkRefused (status: number, what: string): void { check(status === 401 || status === 403, `401 or 403 for ${what}`, status) }

/** What a new device without a token is answered when this is said of where it comes from. */
async function statusOf (context: CaseContext, url: string, said: Readonly<Record<string, string>>): Promise<number> {
  const { deviceId, clientId } = context.newIdentity()
  const { status, socket } = await upgrade(url, { 'Device-Id': deviceId, 'Client-Id': clientId, ...said }, context.signal)
  socket.destroy()
  return status
}
