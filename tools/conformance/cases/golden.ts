import { isAudio, isJson, isSentence, isStart, isStop, type Wanted } from '../arrivals.js'
import { pause, type DeviceLink } from '../device-link.js'
import type { ConformanceCase } from '../conformance-case.js'
import { check, checkEqual } from '../verdicts.js'
import { pack, unpack } from '../framing.js'
import { longQuestion } from './opening.js'

const PACKET = Buffer.of(0xaa, 0xbb, 0xcc)

/** Conversations as they were recorded between devices and the server that is replaced. */
export const goldenCases: readonly ConformanceCase[] = [
  {
    id: 'B.1', title: 'recorded: text chat',
    run: async context => {
      const device = await context.open()
      await replay(device, '今天天气怎么样', [['stt', isJson('stt')], ['tts start', isStart], ['llm', isJson('llm')], ['sentence_start', isSentence], ['audio', isAudio], ['tts stop', isStop]])
      checkEqual(device.texts('stt')[0]!.json!['text'], '今天天气怎么样', 'text of stt')
      for (const { json } of device.texts('tts')) checkEqual(json!['session_id'], device.sessionId, 'session_id of tts')
    }
  },
  {
    id: 'B.2', title: 'recorded: a wake word',
    run: async context => {
      const device = await context.open()
      await replay(device, '你好小智', [['tts start', isStart], ['sentence_start', isSentence], ['audio', isAudio], ['tts stop', isStop]])
    }
  },
  {
    id: 'B.3', title: 'recorded: the volume',
    run: async context => {
      const { device, mcp } = await context.openMcp()
      await pause(2000)
      if (mcp.requests.length === 0) throw context.missing('the server asks an MCP device nothing')
      const question = context.model.plan({ kind: 'call', calls: [{ name: 'self_audio_speaker_set_volume', arguments: '{"volume":50}' }], after: 'The volume is fifty.' })
      await replay(device, question, [['stt', isJson('stt')], ['tts start', isStart], ['sentence_start', isSentence], ['audio', isAudio], ['tts stop', isStop]])
      if (mcp.of('tools/call').length === 0) throw context.missing('the server calls no tool of the device')
    }
  },
  {
    id: 'B.4', title: 'recorded: barge-in',
    run: async context => {
      const device = await context.open()
      device.detect(longQuestion(context))
      await device.expect('audio', isAudio, context.rec(8000))
      const mark = device.mark
      device.abort('wake_word_detected')
      await device.expect('tts stop', isStop, context.rec(100), mark)
      device.listen('auto')
      await device.refuse('tts start', isStart, 1000, mark)
    }
  },
  {
    id: 'B.5', title: 'recorded: a device without an owner',
    run: async context => {
      const identity = context.newIdentity()
      await context.operate('revoke', identity.deviceId)
      const device = await context.open({ identity })
      await device.expect('stt with the code', isJson('stt'), context.rec(2000))
      await device.expect('tts stop', isStop, 30_000)
      check(device.audio().length > 0, 'the code, spoken')
    }
  },
  {
    id: 'B.6', title: 'recorded: a packet for gateways', dialects: ['ws1', 'gateway'],
    run: async context => {
      const recorded = Buffer.from('010000030000000700 01e24000000003aabbcc'.replace(' ', ''), 'hex')
      check(unpack('gateway', recorded).packet?.equals(PACKET) === true, 'the packet of the recording')
      check(pack('gateway', PACKET, 0x1e240).subarray(8).equals(recorded.subarray(8)), 'the bytes of the recording')
      const gateway = context.as('gateway')
      const { turn } = await gateway.ask(await gateway.openSocket(), 'Hello?')
      turn.frames.forEach(({ bytes }, index) => {
        check(bytes[0] === 1 && bytes[1] === 0, 'bytes 0 and 1 as recorded', bytes.toString('hex', 0, 16))
        checkEqual(bytes.readUInt16BE(2), bytes.length - 16, 'length at byte 2')
        check(index === 0 || bytes.readUInt32BE(4) > turn.frames[index - 1]!.bytes.readUInt32BE(4), 'sequences that rise')
      })
    }
  }
]

async function replay (device: DeviceLink, text: string, expected: ReadonlyArray<readonly [string, Wanted]>): Promise<void> {
  let mark = device.mark
  device.detect(text)
  for (const [name, wanted] of expected) {
    const arrival = await device.expect(name, wanted, 20_000, mark)
    mark = device.arrivals.list.indexOf(arrival) + 1
  }
}
