import type { CaseContext, Identity } from '../case-context.js'
import { isAudio, isClosed, isEnd, isJson, isStart, isStop } from '../arrivals.js'
import { pause } from '../device-link.js'
import type { JsonObject } from '../../simulator/types.js'
import { makeDtx } from '../speech.js'
import { checkOrder } from '../turn.js'
import type { ConformanceCase } from '../conformance-case.js'
import { upgrade } from '../upgrade.js'
import { check, checkEqual, NotApplicable } from '../verdicts.js'

const WS = ['ws1', 'ws2', 'ws3', 'gateway'] as const
const RATES_HZ = [8000, 12000, 16000, 24000, 48000]
const FRAMES_MS = [5, 10, 20, 40, 60, 80, 100, 120]

/** A hello that firmware takes. @throws Unmet */
export function checkHello (hello: JsonObject, transport = 'websocket'): void {
  checkEqual(hello['transport'], transport, 'hello.transport')
  const { session_id: id, audio_params: audio } = hello
  check(typeof id === 'string' && /^[A-Za-z0-9_-]+$/.test(id), 'hello.session_id of letters, digits, _ and -', id)
  const { sample_rate: rate, frame_duration: duration } = (audio ?? {}) as JsonObject
  check(RATES_HZ.includes(rate as number), 'a sample_rate that Opus has', rate)
  check(FRAMES_MS.includes(duration as number), 'a frame_duration that Opus has', duration)
}

async function exchange (context: CaseContext, hello: JsonObject): Promise<void> {
  const device = await context.connect()
  const before = device.mark
  device.sendText(JSON.stringify(hello))
  const answer = await device.expectHello(context.rec(100))
  checkHello(answer)
  await device.refuse('audio or tts before anything was asked', arrival => isAudio(arrival) || isStart(arrival), 300, before)
  checkEqual(device.texts('hello').length, 1, 'number of hellos')
  const { mark, turn } = await context.ask(device, 'Hello, how are you?')
  checkOrder(device, mark, turn)
  check(turn.frames.length > 0, 'audio in the answer')
}

async function refused (context: CaseContext, headers: Readonly<Record<string, string>>): Promise<void> {
  const { socket, status, head } = await upgrade(context.target.url, headers, context.signal)
  socket.destroy()
  if (status === 101) throw context.missing('a token that is none was admitted: the server checks none')
  check(status === 401 || status === 403, 'HTTP 401 before the upgrade', head.split('\r\n', 1)[0])
}

export const openingCases: readonly ConformanceCase[] = [
  {
    id: 'T018', title: 'a plain upgrade is answered at once, without extensions', dialects: WS, isAlone: true,
    run: async context => {
      const device = await context.connect()
      check(device.head.startsWith('HTTP/1.1 101'), 'HTTP/1.1 101', device.head.split('\r\n', 1)[0])
      check(!/^sec-websocket-(extensions|protocol):/im.test(device.head), 'no extension and no sub-protocol', device.head)
      check(device.upgradeMs <= context.rec(50), `the upgrade within ${context.rec(50)} ms`, `${Math.round(device.upgradeMs)} ms`)
    }
  },
  {
    id: 'T019', title: 'names of headers in any case', dialects: WS,
    run: async context => {
      const { deviceId, clientId } = context.newIdentity()
      for (const change of [(name: string) => name.toLowerCase(), (name: string) => name.toUpperCase()]) {
        const token = await tokenOf(context, { deviceId, clientId })
        const headers = Object.entries({ 'Device-Id': deviceId, 'Client-Id': clientId, 'Protocol-Version': '1', ...token })
          .map(([name, value]) => [change(name), value] as const)
        const { status, socket } = await upgrade(context.target.url, Object.fromEntries(headers), context.signal)
        socket.destroy()
        checkEqual(status, 101, 'status')
      }
    }
  },
  {
    id: 'T020', title: 'without a token where none is configured', dialects: WS,
    run: async context => {
      const server = await context.at('unguarded')
      const { deviceId, clientId } = server.newIdentity()
      const { status, socket } = await upgrade(server.target.url, { 'Device-Id': deviceId, 'Client-Id': clientId }, server.signal)
      socket.destroy()
      if (server.target.other === undefined && status === 401) throw new NotApplicable('this server wants tokens')
      checkEqual(status, 101, 'status')
    }
  },
  {
    id: 'T021', title: 'a bad token is refused before the upgrade', dialects: WS,
    run: async context => {
      const { deviceId, clientId } = context.newIdentity()
      await refused(context, { 'Device-Id': deviceId, 'Client-Id': clientId, Authorization: 'Bearer AAAA.1700000000' })
    }
  },
  {
    id: 'T022', title: 'the token of another device is refused', dialects: WS,
    run: async context => {
      const token = await tokenOf(context, context.newIdentity())
      if (!('Authorization' in token)) throw context.missing('the OTA answer has an empty token')
      const other = context.newIdentity()
      await refused(context, { 'Device-Id': other.deviceId, 'Client-Id': other.clientId, ...token })
    }
  },
  { id: 'T023', title: 'one complete hello, at once', dialects: WS, run: context => exchange(context, context.helloOf({ mcp: false })) },
  {
    id: 'T024', title: 'a hello with unknown fields', dialects: WS,
    run: context => {
      const hello = context.helloOf({ mcp: false, future: true, glyph_push: false })
      return exchange(context, { ...hello, text_font: { bundle: 'x', size: 20 }, nonsense: [1, { a: null }] })
    }
  },
  {
    id: 'T025', title: 'a hello without features or audio_params', dialects: ['ws1', 'gateway'],
    run: async context => {
      await exchange(context, { type: 'hello', version: 1, transport: 'websocket' })
      await exchange(context, { type: 'hello' })
    }
  },
  {
    id: 'T026', title: 'who says no hello is closed', dialects: WS,
    run: async context => {
      const device = await context.connect()
      await device.expect('the end of TCP', isEnd, context.timers.helloMs + context.rec(1500))
    }
  },
  {
    id: 'T027', title: 'audio before hello does no harm', dialects: WS,
    run: async context => {
      const device = await context.connect()
      for (const packet of context.target.clips.word) device.sendPacket(packet)
      await device.refuse('an end', isClosed, 300)
      context.sayHello(device)
      await device.expectHello(context.rec(1000))
      await context.ask(device, 'Hello?')
    }
  },
  {
    id: 'T028', title: 'a second hello gets no second answer', dialects: WS,
    run: async context => {
      const device = await context.openSocket()
      const mark = device.mark
      context.sayHello(device)
      await device.refuse('second hello', isJson('hello'), 1000, mark)
      await context.ask(device, 'Hello?')
      checkEqual(device.texts('hello').length, 1, 'number of hellos')
    }
  },
  {
    id: 'T029', title: 'hello does not wait for slow services', dialects: WS,
    run: async context => {
      const other = await context.openSocket()
      const mark = other.mark
      other.detect(context.model.plan({ kind: 'hang' }))
      const device = await context.connect()
      context.sayHello(device)
      await device.expectHello(context.rec(100))
      await other.expect('tts stop or an alert although the model hangs', arrival => isStop(arrival) || isJson('alert')(arrival), context.rec(9000), mark)
    }
  },
  {
    id: 'T030', title: 'version 2: exact headers of 16 bytes',
    dialects: ['ws2'], run: framed
  },
  {
    id: 'T031', title: 'version 3: exact headers of 4 bytes',
    dialects: ['ws3'], run: framed
  },
  {
    id: 'T032', title: 'the hello decides where the header disagrees', dialects: ['ws2', 'ws3'],
    run: async context => {
      const device = await context.openSocket({ headers: { 'Protocol-Version': '1' } })
      const { turn } = await context.ask(device, 'Hello?')
      device.checkAudio(turn.frames)
    }
  },
  {
    id: 'T033', title: 'a device that connects again replaces itself', dialects: WS,
    run: async context => {
      const identity = context.newIdentity()
      const old = await context.openSocket({ identity })
      old.detect(longQuestion(context))
      await old.expect('audio', isAudio, context.rec(8000))
      const device = await context.openSocket({ identity })
      await old.expect('the end of the old connection', isEnd, context.rec(1000))
      await device.refuse('audio of the old turn', isAudio, 1000)
      await context.ask(device, 'Hello?')
    }
  },
  {
    id: 'T034', title: 'a server that stops closes its sockets', dialects: WS, isAlone: true,
    run: async context => {
      if (context.target.spare === undefined) throw new NotApplicable('nobody here may stop this server')
      const server = await context.target.spare([])
      try {
        const devices = [await context.openSocket({ url: server.url }), await context.openSocket({ url: server.url })]
        devices[1]!.detect(longQuestion(context))
        await devices[1]!.expect('audio', isAudio, context.rec(8000))
        const stopped = server.stop()
        for (const device of devices) {
          await device.expect('a Close frame', ({ kind }) => kind === 'close', context.rec(5000))
          await device.expect('the end of TCP', isEnd, context.rec(1000))
        }
        await stopped
      } finally {
        await server.stop()
      }
    }
  },
  {
    id: 'T035', title: 'TCP is closed behind the Close frame', dialects: WS,
    run: async context => {
      const identity = context.newIdentity()
      const device = await context.openSocket({ identity })
      await context.openSocket({ identity })
      await device.expect('an end', isClosed, context.rec(1000))
      await device.expect('the end of TCP although no Close was answered', isEnd, context.rec(1000))
    }
  },
  {
    id: 'T036', title: 'a device that vanishes while it listens is noticed', dialects: WS, limitMs: 120_000,
    run: async context => {
      const device = await context.openSocket({ pongs: false })
      device.listen('auto')
      await device.speak(makeDtx(1.5))
      // A device that listens sends something every 60 ms; from here on it is gone.
      await device.expect('the end', isEnd, context.rec(10_000))
    }
  },
  {
    id: 'T037', title: 'a device that hangs up is normal, and its turn ends', dialects: WS,
    run: async context => {
      const device = await context.openSocket()
      const question = context.model.plan({ kind: 'say', text: words(200), everyMs: 100 })
      device.detect(question)
      await device.expect('audio', isAudio, context.rec(8000))
      device.drop()
      await pause(context.rec(1500))
      const [request] = context.model.requestsFor(question)
      check(request?.isAborted === true, 'the stream of the language model to be given up')
      await context.ask(await context.openSocket(), 'Hello?')
    }
  },
  {
    id: 'T038', title: 'who answers no ping stays connected', dialects: WS, limitMs: 400_000,
    run: async context => {
      const device = await context.openSocket({ pongs: false })
      const untilMs = performance.now() + 45_000
      while (performance.now() < untilMs) {
        await context.ask(device, 'Hello?')
        await device.refuse('an end', isClosed, Math.min(5000, context.timers.idleMs / 2))
      }
    }
  },
  {
    id: 'T039', title: 'a silent socket is closed, or kept with texts, before 120 s', dialects: WS, limitMs: 150_000,
    run: async context => {
      const device = await context.openSocket()
      await context.ask(device, 'Hello?')
      const mark = device.mark
      await device.expect('an end or a text', arrival => isClosed(arrival) || arrival.kind === 'text', Math.min(100_000, context.timers.idleMs + context.rec(3000)), mark)
    }
  }
]

/** @returns what goes into the headers */
async function tokenOf (context: CaseContext, identity: Identity): Promise<Readonly<Record<string, string>>> {
  if (context.target.token !== undefined) return { Authorization: `Bearer ${context.target.token}` }
  if (context.target.otaUrl === undefined) return {}
  const token = ((await context.register(identity)).body?.['websocket'] as JsonObject | undefined)?.['token']
  return typeof token === 'string' && token !== '' ? { Authorization: `Bearer ${token}` } : {}
}

async function framed (context: CaseContext): Promise<void> {
  const device = await context.openSocket()
  device.listen('auto')
  const mark = device.mark
  await device.speak([...context.target.clips.question, ...silence(25)])
  await device.expect('stt: the framed audio was understood', isJson('stt'), context.rec(8000), mark)
  await device.expect('tts stop', isStop, 30_000, mark)
  const frames = device.audio(mark)
  check(frames.length > 0, 'audio in the answer')
  device.checkAudio(frames)
}

function silence (count: number): Buffer[] { return Array.from({ length: count }, () => Buffer.of(0x58)) }

/** A question whose answer takes long. */
export function longQuestion (context: CaseContext): string {
  return context.target.model === undefined ? `Repeat after me: ${words(120)}` : context.model.plan({ kind: 'say', text: words(120) })
}

/** Sentences of ten words. */
export function words (count: number): string {
  const sentence = 'The little boat goes slowly over the water to land.'
  return Array.from({ length: Math.ceil(count / 10) }, () => sentence).join(' ')
}
