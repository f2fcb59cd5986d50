import { isClosed, isJson, isStart } from '../arrivals.js'
import type { CaseContext } from '../case-context.js'
import { askHttp } from '../http.js'
import { leads } from '../turn.js'
import type { ConformanceCase } from '../conformance-case.js'
import { upgrade } from '../upgrade.js'
import { check, checkEqual } from '../verdicts.js'
import { dialogueCases } from './dialogue.js'
import { serverChecklistCases } from './server-checklist.js'
import { toolCases } from './tools.js'

const WS = ['ws1', 'ws2', 'ws3', 'gateway'] as const

/** Rules of the checklist that are a firmware case under another name. */
const same: ReadonlyArray<readonly [id: string, title: string, of: string]> = [
  ['WS-06', 'tokens of devices', 'T022'], ['WS-07', 'a refused token', 'T021'], ['WS-09', 'audio of gateways', 'T148'],
  ['WS-14', 'malformed messages cost no connection', 'T129'], ['WS-15', 'an idle device is closed', 'T050'], ['WS-16', 'a stop that closes its sockets', 'T034'],
  ['WS-17', 'a device that needs a code', 'T010'], ['WS-18', 'hello does not wait', 'T029'],
  ['MSG-01', 'the reply to hello', 'T023'], ['MSG-02', 'hello without audio_params', 'T025'], ['MSG-03', 'features', 'T101'], ['MSG-04', 'listen in manual mode', 'T076'],
  ['MSG-08', 'abort', 'T091'], ['MSG-12', 'MCP both ways', 'T106'], ['OUT-01', 'order of messages', 'T054'], ['OUT-03', 'emotions', 'T071'],
  ['OUT-05', 'tts stop behind the audio', 'T065'], ['OUT-06', 'the end after goodbye', 'T070'], ['OUT-07', 'no sentence_end', 'T126'], ['OUT-09', 'tts stop after failures', 'T069'],
  ['AUD-01', 'uplink with DTX', 'T043'], ['AUD-02', 'packets of 60 ms', 'T058'], ['AUD-04', 'sentences before their audio', 'T063'], ['AUD-05', 'an end of speech', 'T041'],
  ['AUD-08', 'a press is one question', 'T077'], ['AUD-10', 'barge-in', 'T085'], ['AUD-15', 'the last packet is whole', 'T058'], ['AUD-16', 'audio time', 'T046'],
  ['DLG-04', 'words that end the conversation', 'T070'], ['DLG-06', 'an apology', 'T069'], ['TOOL-06', 'MCP of devices', 'T115'], ['TOOL-11', 'vision in initialize', 'T118'],
  ['HTTP-01', 'OTA', 'T005'], ['HTTP-03', 'firmware', 'T008'], ['HTTP-05', 'vision', 'T119'], ['HTTP-06', 'OTA with activation', 'T010'], ['HTTP-07', 'activate', 'T011']
]

export function checklistCases (cases: readonly ConformanceCase[]): ConformanceCase[] {
  const named = same.map(([id, title, of]) => ({ ...cases.find(one => one.id === of)!, id, title, sameAs: of }))
  return [...named, ...own, ...serverChecklistCases, ...dialogueCases, ...toolCases].sort((one, other) => one.id < other.id ? -1 : 1)
}

const own: readonly ConformanceCase[] = [
  {
    id: 'WS-01', title: 'any path is accepted', dialects: WS,
    run: async context => {
      const url = new URL(context.target.url)
      for (const path of ['/', '/xiaozhi/v1', '/elsewhere/']) {
        const { status, socket } = await upgrade(`${url.protocol}//${url.host}${path}`, await headers(context), context.signal)
        socket.destroy()
        checkEqual(status, 101, `status at ${path}`)
      }
    }
  },
  {
    id: 'WS-02', title: 'a browser learns that the server runs', dialects: WS,
    run: async context => {
      const { status, text } = await askHttp(context.target.url.replace(/^ws/, 'http'))
      check(status === 200 && text.length > 0, '200 with a text', `${status} ${text}`)
    }
  },
  {
    id: 'WS-03', title: 'Connection: keep-alive, Upgrade', dialects: WS,
    run: async context => {
      const { status, socket } = await upgrade(context.target.url, await headers(context), context.signal, 'keep-alive, Upgrade')
      socket.destroy()
      checkEqual(status, 101, 'status')
    }
  },
  {
    id: 'WS-04', title: 'who it is, in the query', dialects: ['ws1'],
    run: async context => {
      const { deviceId, clientId } = context.newIdentity()
      const all = await headers(context, { deviceId, clientId })
      const query = new URLSearchParams({ 'device-id': deviceId, 'client-id': clientId, ...('Authorization' in all ? { authorization: all['Authorization']! } : {}) })
      const { status, socket } = await upgrade(`${context.target.url}?${query.toString()}`, {}, context.signal)
      socket.destroy()
      checkEqual(status, 101, 'status')
    }
  },
  {
    id: 'WS-05', title: 'who names no device is refused', dialects: WS,
    run: async context => {
      const { status, socket } = await upgrade(context.target.url, {}, context.signal)
      if (status === 101) await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => { reject(new Error('expected an end; the connection stayed')) }, context.rec(3000))
        socket.resume().once('end', () => { clearTimeout(timer); resolve() })
      })
      socket.destroy()
      check(status === 101 || (status >= 400 && status < 500), '4xx, or an end', status)
    }
  },
  {
    id: 'WS-08', title: 'a ping of the client is answered', dialects: WS,
    run: async context => {
      const device = await context.openSocket()
      const pong = device.waitForPong(context.rec(1000))
      device.sendFrame(9, Buffer.from('hello'))
      check(await pong, 'a pong')
    }
  },
  {
    id: 'WS-11', title: 'a new UUID for each session', dialects: WS,
    run: async context => {
      const identity = context.newIdentity()
      const first = (await context.openSocket({ identity })).sessionId
      const second = (await context.openSocket({ identity })).sessionId
      for (const id of [first, second]) check(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id), 'a UUID of version 4', id)
      check(first !== second, 'another one for the next connection')
    }
  },
  {
    id: 'MSG-05', title: 'a wake word is greeted',
    run: async context => {
      const device = await context.open()
      const { turn } = await context.ask(device, '你好小智')
      check(turn.frames.length > 0, 'a greeting')
    }
  },
  {
    id: 'MSG-06', title: 'detect with other text is a question',
    run: async context => {
      const device = await context.open()
      const { mark } = await context.ask(device, 'Hello, how are you?')
      checkEqual(device.texts('stt', undefined, mark)[0]?.json?.['text'], 'Hello, how are you?', 'text of stt')
    }
  },
  {
    id: 'MSG-09', title: 'ping is answered with pong', dialects: WS,
    run: async context => {
      const device = await context.openSocket()
      const mark = device.mark
      device.send({ type: 'ping' })
      await device.expect('pong', isJson('pong'), context.rec(500), mark).catch(() => { throw context.missing('ping gets no pong') })
    }
  },
  {
    id: 'MSG-10', title: 'server without its secret does nothing', dialects: WS,
    run: async context => {
      const device = await context.openSocket()
      for (const action of ['restart', 'update_config']) device.sendText(JSON.stringify({ type: 'server', action, content: { secret: 'wrong' } }))
      await device.refuse('tts', isStart, 1000)
      await context.ask(await context.openSocket(), 'Hello?')
    }
  },
  {
    id: 'MSG-11', title: 'iot descriptors and states are taken',
    run: async context => {
      const device = await context.open()
      device.send({ type: 'iot', update: true, descriptors: [{ name: 'Speaker', description: 'Speaker', properties: { volume: { description: 'volume', type: 'number' } }, methods: {} }] })
      device.send({ type: 'iot', update: true, states: [{ name: 'Speaker', state: { volume: 70 } }] })
      await device.refuse('an end', isClosed, 300)
      await context.ask(device, 'Hello?')
    }
  },
  {
    id: 'AUD-03', title: 'a burst, then real time', isAlone: true,
    run: async context => {
      const { turn } = await context.ask(await context.open(), 'Hello, how are you?')
      const burst = turn.frames.filter(({ atMs }) => atMs - turn.frames[0]!.atMs < 30).length
      check(burst >= 2 && burst <= 8, 'a burst of 2 to 8 packets', burst)
      check(Math.max(...leads(turn.frames)) < 40, 'never 40 packets ahead')
    }
  },
  {
    id: 'HTTP-02', title: 'a browser at the OTA address',
    run: async context => {
      const { status, text } = await askHttp(context.otaUrl)
      check(status === 200 && text.includes('ws'), '200 with the WebSocket address', `${status} ${text}`)
    }
  },
  {
    id: 'HTTP-04', title: 'browsers of other pages may ask', run: async context => {
      const { status, headers: answered } = await askHttp(context.otaUrl, { method: 'OPTIONS', headers: { Origin: 'http://example.com', 'Access-Control-Request-Method': 'POST' } })
      check(status === 200 || status === 204, '200 or 204', status)
      check(answered['access-control-allow-origin'] !== undefined, 'Access-Control-Allow-Origin', answered)
    }
  }
]

async function headers (context: CaseContext, identity = context.newIdentity()): Promise<Readonly<Record<string, string>>> {
  const token = context.target.token ?? await tokenFor(context, identity)
  return { 'Device-Id': identity.deviceId, 'Client-Id': identity.clientId, ...(token === '' ? {} : { Authorization: `Bearer ${token}` }) }
}

async function tokenFor (context: CaseContext, identity: { readonly deviceId: string, readonly clientId: string }): Promise<string> {
  if (context.target.otaUrl === undefined) return ''
  const { token } = ((await context.register(identity)).body?.['websocket'] ?? {}) as { readonly token?: unknown }
  return typeof token === 'string' ? token : ''
}
