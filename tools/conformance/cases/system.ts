import { isClosed, isJson, isStart } from '../arrivals.js'
import type { ConformanceCase } from '../conformance-case.js'
import { check, checkEqual } from '../verdicts.js'

const KNOWN = new Set(['hello', 'stt', 'llm', 'tts', 'mcp', 'system', 'alert', 'custom', 'goodbye', 'iot'])

export const systemCases: readonly ConformanceCase[] = [
  {
    id: 'T124', title: 'an alert has its three texts',
    run: async context => {
      const identity = context.newIdentity()
      const device = await context.open({ identity })
      const mark = device.mark
      await context.operate('alert', identity.deviceId)
      await device.expect('alert', isJson('alert'), context.rec(2000), mark)
      const { json } = device.texts('alert')[0]!
      for (const name of ['status', 'message', 'emotion']) check(typeof json![name] === 'string', `a text ${name}`, json)
    }
  },
  {
    id: 'T125', title: 'an operator reboots a device',
    run: async context => {
      const identity = context.newIdentity()
      const device = await context.open({ identity })
      await context.operate('reboot', identity.deviceId)
      await device.expect('system reboot', arrival => isJson('system')(arrival), context.rec(2000))
      checkEqual(device.texts('system')[0]!.json!['command'], 'reboot', 'command')
      device.drop()
    }
  },
  {
    id: 'T126', title: 'only messages that devices know',
    run: async context => {
      const device = await context.open()
      await context.ask(device, 'Hello, how are you?')
      for (const arrival of device.arrivals.list) {
        if (arrival.kind === 'text') check(KNOWN.has(String(arrival.json?.['type'])), 'a type that firmware knows', arrival.text)
      }
      check(device.texts('tts').every(({ json }) => ['start', 'stop', 'sentence_start'].includes(String(json!['state']))), 'states of tts that firmware knows')
    }
  },
  {
    id: 'T127', title: 'no glyphs unless asked for',
    run: async context => {
      const device = await context.open({ features: { mcp: false, glyph_push: false } })
      await context.ask(device, '你好，你是谁？')
      check(device.arrivals.list.every(arrival => arrival.kind !== 'text' || arrival.json?.['glyph_push'] === undefined), 'no glyph_push')
    }
  },
  {
    id: 'T128', title: 'unknown types are nothing',
    run: async context => {
      const device = await context.open()
      for (const type of ['iot', 'udp_timeout', 'foo']) device.send({ type, states: [{ name: 'Speaker', state: { volume: 5 } }] })
      await device.refuse('an end or an answer', arrival => isClosed(arrival) || isStart(arrival), 500)
      await context.ask(device, 'Hello?')
    }
  },
  {
    id: 'T129', title: 'text that is no JSON is nothing',
    run: async context => {
      const device = await context.open()
      device.sendText('{"type":"listen","state":"dete')
      device.sendText('[1, 2')
      device.sendText('hello')
      await device.refuse('an end', isClosed, 500)
      device.sendText(`{"session_id":"${device.sessionId}","type":"listen","state":"detect","text":"say "hello" please"}`)
      await device.refuse('an end', isClosed, 1500)
      device.abort()
      await context.ask(device, 'Hello?')
    }
  }
]
