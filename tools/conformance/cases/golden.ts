import { createHmac } from 'node:crypto'

import { isAudio, isJson, isStart, isStop, type Arrival, type Text } from '../arrivals.js'
import type { ConformanceCase } from '../conformance-case.js'
import { pause, type DeviceLink } from '../device-link.js'
import { DeviceMqtt } from '../device-mqtt.js'
import { pack, unpack } from '../framing.js'
import { check, checkEqual } from '../verdicts.js'
import { longQuestion } from './opening.js'
import { sayQuestion } from './uplink.js'

const PACKET = Buffer.of(0xaa, 0xbb, 0xcc)
/** `> tools/list` is asked for about a second after the hello. */
const TOOLS_MS = 5000

/** Each kind of message in a transcript, as one letter of the patterns below. */
const LETTERS: ReadonlyArray<readonly [letter: string, is: (arrival: Arrival) => boolean]> = [
  ['%', arrival => isJson('stt')(arrival) && textIn(arrival).startsWith('%')],
  ['q', isJson('stt')], ['(', isStart], ['e', isJson('llm')], ['s', isJson('tts', 'sentence_start')], ['a', isAudio], [')', isStop], ['m', isJson('mcp')]
]

const TEXT_CHAT = /^q\(e?(sa+)+\)$/
/** No stt, no llm. */
const GREETING = /^\(sa+\)$/
/** The model is asked twice, and may show an emotion each time. */
const TOOL_CALL = /^q\(?e?%?m\(?%?e?(sa+)+\)$/
/** The words for it, and each digit. */
const CODE = /^q\(sa{7,}\)$/

/** Conversations as they were recorded between devices and the server that is replaced. */
export const goldenCases: readonly ConformanceCase[] = [
  {
    id: 'B.1', title: 'recorded: text chat',
    run: async context => {
      const { device, mcp } = await context.openMcp()
      const hello = device.texts('hello')[0]!.json!
      checkEqual(hello['transport'], context.dialect === 'mqtt' ? 'udp' : 'websocket', 'transport')
      check(typeof hello['session_id'] === 'string' && typeof hello['audio_params'] === 'object', 'session_id and audio_params in hello', hello)
      await device.expect('tools/list', () => mcp.of('tools/list').length > 0, TOOLS_MS)
      checkEqual(mcp.requests[0]!['method'], 'initialize', 'first request')
      await pause(500)
      const all = await replay(device, '今天天气怎么样', TEXT_CHAT)
      checkEqual(textIn(all[0]!), '今天天气怎么样', 'text of stt')
      for (const arrival of all) if (arrival.kind === 'text') checkEqual(arrival.json!['session_id'], device.sessionId, 'session_id')
    }
  },
  {
    id: 'B.2', title: 'recorded: a wake word',
    run: async context => {
      const device = await context.open()
      const all = await replay(device, '你好小智', GREETING)
      check(textIn(all.find(isJson('tts', 'sentence_start'))!) !== '', 'the text of the greeting', device.arrivals.describe())
    }
  },
  {
    id: 'B.3', title: 'recorded: the volume',
    run: async context => {
      const { device, mcp } = await context.openMcp()
      await device.expect('tools/list', () => mcp.of('tools/list').length > 0, TOOLS_MS).catch(() => { throw context.missing('the server asks an MCP device nothing') })
      await pause(500)
      const call = { name: 'self_audio_speaker_set_volume', arguments: '{"volume":50}' }
      const question = context.model.plan({ kind: 'call', calls: [call], after: 'The volume is fifty.' })
      const all = await replay(device, question, TOOL_CALL)
      const shown = all.find(arrival => textIn(arrival).startsWith('%'))
      check(shown === undefined || textIn(shown) === `% ${call.name}`, `"% ${call.name}" on the screen`, shown)
      const [asked, ...others] = mcp.of('tools/call').map(({ params }) => JSON.stringify(params))
      checkEqual(asked, '{"name":"self.audio_speaker.set_volume","arguments":{"volume":50}}', 'params of tools/call')
      checkEqual(others.length, 0, 'number of further calls')
      checkEqual(textIn(all.find(isJson('tts', 'sentence_start'))!), 'The volume is fifty.', 'sentence')
    }
  },
  {
    id: 'B.4', title: 'recorded: barge-in',
    run: async context => {
      const device = await context.open()
      const mark = device.mark
      device.detect(longQuestion(context))
      await device.expect('audio', isAudio, context.rec(8000))
      await pause(1000)
      const abortedAt = device.mark
      device.abort('wake_word_detected')
      const stop = await device.expect('tts stop', isStop, context.rec(100), abortedAt) as Text
      checkEqual(stop.json!['session_id'], device.sessionId, 'session_id of tts stop')
      await sayQuestion(context, device)
      const all = device.arrivals.from(mark)
      checkPattern(device, all.slice(0, all.indexOf(stop) + 1), TEXT_CHAT)
    }
  },
  {
    id: 'B.5', title: 'recorded: a device without an owner',
    run: async context => {
      const server = await context.at('coded')
      const identity = server.newIdentity()
      const { body } = await server.register(identity)
      const code = (body?.['activation'] as { readonly code?: unknown } | undefined)?.code
      if (typeof code !== 'string') throw server.missing('the server admits a new device from here without a code')
      const device = await server.openSocket({ identity })
      const mark = device.arrivals.list.findIndex(isJson('hello')) + 1
      await device.expect('stt with the code', isJson('stt'), context.rec(2000))
      const stop = await device.expect('tts stop', isStop, 30_000)
      const all = device.arrivals.list.slice(mark, device.arrivals.list.indexOf(stop) + 1)
      checkPattern(device, all, CODE)
      for (const arrival of [all[0]!, all[2]!]) check(textIn(arrival).replaceAll(' ', '').includes(code), `the code ${code}`, arrival)
      device.checkAudio(device.audio())
    },
    dialects: ['ws1', 'ws2', 'ws3', 'gateway']
  },
  {
    id: 'B.6', title: 'recorded: a packet for gateways', dialects: ['gateway'],
    run: async context => {
      const recorded = Buffer.from('01000003000000070001e24000000003aabbcc', 'hex')
      check(unpack('gateway', recorded).packet?.equals(PACKET) === true, 'the packet of the recording')
      check(pack('gateway', PACKET, 0x1e240).subarray(8).equals(recorded.subarray(8)), 'the bytes of the recording')
      const { turn } = await context.ask(await context.openSocket(), 'Hello?')
      turn.frames.forEach(({ bytes }, index) => {
        check(bytes[0] === 1 && bytes[1] === 0, 'bytes 0 and 1 as recorded', bytes.toString('hex', 0, 16))
        checkEqual(bytes.readUInt16BE(2), bytes.length - 16, 'length at byte 2')
        check(index === 0 || bytes.readUInt32BE(4) > turn.frames[index - 1]!.bytes.readUInt32BE(4), 'sequences that rise')
      })
    }
  },
  {
    id: 'B.7', title: 'recorded: a token', isDialectFree: true,
    run: async context => {
      checkEqual(sign('secret', 'c1|11:22:33:44:55:66|1700000000'), 'mXYQYHww3lsvU5MM7ZJzdZhJIf0rG3Zs9IE-QpF9RZ0', 'the token of the recording')
      const identity = context.newIdentity()
      const websocket = (await context.register(identity)).body?.['websocket'] as { readonly token?: unknown } | undefined
      const [signature = '', time = ''] = String(websocket?.token).split('.')
      check(/^[A-Za-z0-9_-]{43}$/.test(signature) && /^\d{10}$/.test(time), 'a signature, a point, the time in seconds', websocket)
      const { authKey } = context.target
      if (authKey !== undefined) checkEqual(signature, sign(authKey, `${identity.clientId}|${identity.deviceId}|${time}`), 'signature')
    }
  }
]

function sign (key: string, content: string): string { return createHmac('sha256', key).update(content).digest('base64url') }
function textIn (arrival: Arrival): string { return arrival.kind === 'text' ? String(arrival.json?.['text'] ?? '') : '' }

/** Asks, and compares all that comes with the recording. */
async function replay (device: DeviceLink, text: string, pattern: RegExp): Promise<readonly Arrival[]> {
  const mark = device.mark
  device.detect(text)
  const stop = await device.expect('tts stop', isStop, 30_000, mark)
  const all = device.arrivals.from(mark).slice(0, device.arrivals.list.indexOf(stop) + 1 - mark)
  checkPattern(device, all, pattern)
  return all
}

function checkPattern (device: DeviceLink, arrivals: readonly Arrival[], recorded: RegExp): void {
  const letters = arrivals.filter(({ kind }) => kind !== 'ping').map(arrival => LETTERS.find(([, is]) => is(arrival))?.[0] ?? '?').join('')
  const hasOneWay = !(device instanceof DeviceMqtt)
  // Texts and audio that go separate ways may overtake each other.
  const pattern = hasOneWay ? recorded : new RegExp(recorded.source.replaceAll('a+', ''))
  check(pattern.test(hasOneWay ? letters : letters.replaceAll('a', '')), `what was recorded, ${pattern.source}`, letters.replace(/a+/g, 'a+'))
  check(letters.includes('a'), 'audio', letters)
}
