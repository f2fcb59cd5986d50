import type { JsonObject } from '../../simulator/types.js'
import { isAudio, isClosed, isJson, isStart, isStop } from '../arrivals.js'
import type { CaseContext } from '../case-context.js'
import { pause } from '../device-link.js'
import { readMqttSettings, type DeviceMqtt } from '../device-mqtt.js'
import { connectPlainly, endOf } from '../plain-mqtt.js'
import { makeDtx } from '../speech.js'
import { expectTurn } from '../turn.js'
import type { ConformanceCase } from '../conformance-case.js'
import { check, checkEqual } from '../verdicts.js'
import { longQuestion } from './opening.js'

const KEEP_ALIVE_S = 2
/** More than a server takes to believe in a new address. */
const FORGED = 10
const isGoodbye = isJson('goodbye')

/** The server sends no audio before it knows where to: so the device speaks first. */
async function talking (context: CaseContext): Promise<DeviceMqtt> {
  const device = await context.openMqtt()
  device.listen('auto')
  await device.speak(makeDtx(0.3))
  return device
}

async function understood (context: CaseContext, device: DeviceMqtt, mark = device.mark): Promise<void> {
  await device.expect('stt', isJson('stt'), context.rec(12_000), mark)
  await device.expect('tts stop', isStop, 60_000, mark)
}

const cases: readonly ConformanceCase[] = [
  {
    id: 'T130', title: 'the OTA answer for MQTT',
    run: async context => {
      const { body } = await context.registerForMqtt(context.newIdentity())
      if (body?.['mqtt'] === undefined) throw context.missing('the OTA answer offers no MQTT')
      readMqttSettings(body)
      const { keepalive } = body['mqtt'] as JsonObject
      check(keepalive === undefined || typeof keepalive === 'number', 'keepalive as a number', keepalive)
    }
  },
  {
    id: 'T131', title: 'CONNECT with the right password, with a wrong one, and then silence',
    run: async context => {
      const device = await context.connectMqtt()
      await device.refuse('an end', isClosed, 500)
      const settings = readMqttSettings((await context.registerForMqtt(context.newIdentity())).body)
      const wrong = await connectPlainly({ ...settings, password: 'wrong' }, KEEP_ALIVE_S)
      wrong.socket.destroy()
      check(wrong.code === 4 || wrong.code === 5, 'CONNACK 4 or 5 for a wrong password', wrong.code)
      const right = await connectPlainly(settings, KEEP_ALIVE_S)
      checkEqual(right.code, 0, 'CONNACK')
      check(right.tookMs < context.rec(1000), 'CONNACK at once', `${Math.round(right.tookMs)} ms`)
      const silentMs = await endOf(right.socket, KEEP_ALIVE_S * 1500 + context.rec(2000))
      check(silentMs >= KEEP_ALIVE_S * 1000, 'no end before the keep-alive time is over', `${Math.round(silentMs)} ms`)
    }
  },
  {
    id: 'T132', title: 'hello tells of UDP',
    run: async context => {
      const device = await context.connectMqtt()
      device.sendText(JSON.stringify(context.helloOf({ mcp: false }, 'mqtt')))
      const hello = await device.expectHello(context.rec(200))
      checkEqual(hello['transport'], 'udp', 'transport')
      await device.openAudio(hello)
      const other = await context.openMqtt()
      check(other.key !== device.key, 'another key for another session')
    }
  },
  { id: 'T133', title: 'a device that subscribes to nothing is told all the same', run: async context => { await context.ask(await talking(context), 'Hello?') } },
  {
    id: 'T134', title: 'the first datagram tells where the device is',
    run: async context => {
      const device = await context.openMqtt()
      await device.refuse('audio to an unknown address', isAudio, 500)
      const mark = device.mark
      device.listen('auto')
      await device.speak([...context.target.clips.question, ...makeDtx(1.8)])
      await understood(context, device, mark)
      device.checkAudio(device.audio(mark))
    }
  },
  {
    id: 'T135', title: 'a device whose address changes',
    run: async context => {
      const device = await talking(context)
      device.detect(longQuestion(context))
      await device.expect('audio', isAudio, context.rec(8000))
      const thief = await device.forge(FORGED)
      await device.expect('audio where it was, although somebody forges datagrams', isAudio, context.rec(500), device.mark)
      checkEqual(thief.close(), 0, 'number of datagrams to who forges some')
      await device.rebind()
      const mark = device.mark
      await device.speak(makeDtx(0.6))
      await device.expect('audio at the new address', isAudio, context.rec(1000), mark)
    }
  },
  {
    id: 'T136', title: 'old and repeated datagrams are dropped',
    run: async context => {
      const device = await context.openMqtt()
      const mark = device.mark
      device.listen('auto')
      for (const packet of [...context.target.clips.question, ...makeDtx(1.8)]) {
        device.sendPacket(packet)
        device.sendDatagram(device.seal(packet, device.sequence))
        if (device.sequence > 3) device.sendDatagram(device.seal(packet, device.sequence - 2))
        await pause(60)
      }
      await understood(context, device, mark)
    }
  },
  {
    id: 'T137', title: 'a datagram whose length lies is dropped',
    run: async context => {
      const device = await talking(context)
      for (const length of [1, 500, 65535]) device.sendDatagram(device.seal(Buffer.alloc(40, 7), ++device.sequence, 0, length))
      device.sendDatagram(Buffer.of(1, 0, 0))
      await context.ask(device, 'Hello?')
    }
  },
  {
    id: 'T138', title: 'datagrams as devices take them',
    run: async context => {
      const device = await talking(context)
      await context.ask(device, 'Hello, how are you?')
      await context.ask(device, 'Hello, how are you?')
      device.checkAudio(device.audio())
      checkEqual(device.sequences[0], 1, 'first sequence')
      check(device.sequences.every((one, index) => index === 0 || one > device.sequences[index - 1]!), 'sequences that rise', device.sequences.slice(0, 20))
      checkEqual(new Set(device.timestamps).size, device.timestamps.length, 'number of different timestamps')
    }
  },
  {
    id: 'T139', title: 'one datagram in twenty is lost',
    run: async context => {
      const device = await context.openMqtt()
      const mark = device.mark
      device.listen('auto')
      for (const packet of [...context.target.clips.question, ...makeDtx(1.8)]) {
        const datagram = device.seal(packet, ++device.sequence)
        if (device.sequence % 20 !== 7) device.sendDatagram(datagram)
        await pause(60)
      }
      await understood(context, device, mark)
    }
  },
  {
    id: 'T140', title: 'tts start well before the audio, tts stop well behind it',
    run: async context => {
      const { turn } = await context.ask(await talking(context), 'Hello, how are you?')
      check(turn.frames[0]!.atMs - turn.start.atMs >= 80, 'audio 100 ms behind tts start', turn.frames[0]!.atMs - turn.start.atMs)
      check(turn.stop.atMs - turn.frames.at(-1)!.atMs >= 140, 'tts stop 150 ms behind the audio', turn.stop.atMs - turn.frames.at(-1)!.atMs)
    }
  },
  {
    id: 'T141', title: 'goodbye of the device ends the session, not MQTT',
    run: async context => {
      const device = await talking(context)
      const mark = device.mark
      device.send({ type: 'goodbye' })
      await device.refuse('goodbye or end', arrival => isGoodbye(arrival) || isClosed(arrival), 1000, mark)
      const first = device.sessionId
      await hello(context, device)
      check(device.sessionId !== first, 'another session')
    }
  },
  {
    id: 'T142', title: 'goodbye of the server names the session', limitMs: 150_000,
    run: async context => {
      const device = await talking(context)
      await device.expect('goodbye', isGoodbye, context.timers.idleMs + context.rec(5000))
      checkEqual(device.texts('goodbye')[0]!.json!['session_id'], device.sessionId, 'session_id')
    }
  },
  {
    id: 'T143', title: 'a hello without goodbye begins anew',
    run: async context => {
      const device = await talking(context)
      const key = device.key
      await hello(context, device)
      check(device.key !== key, 'another key')
      const mark = device.mark
      await device.refuse('goodbye of the new session', arrival => isGoodbye(arrival) && arrival.kind === 'text' && arrival.json!['session_id'] === device.sessionId, 1500, mark)
      device.listen('auto')
      await device.speak(makeDtx(0.3))
      await context.ask(device, 'Hello?')
    }
  },
  {
    id: 'T144', title: 'listen of a session that is over',
    run: async context => {
      const device = await context.connectMqtt()
      device.sendText('{"session_id":"stale","type":"listen","state":"start","mode":"auto"}')
      await device.refuse('tts start', isStart, 1000)
      for (const { json } of device.texts('goodbye')) checkEqual(json!['session_id'], 'stale', 'session_id of goodbye')
      await hello(context, device)
    }
  },
  {
    id: 'T145', title: 'nothing is spoken without a channel',
    run: async context => {
      const device = await talking(context)
      device.detect(longQuestion(context))
      await device.expect('audio', isAudio, context.rec(8000))
      device.send({ type: 'goodbye' })
      await pause(500)
      const mark = device.mark
      device.sendText('{"type":"listen","state":"detect","text":"Hello?"}')
      await device.refuse('tts start', isStart, 2000, mark)
    }
  },
  {
    id: 'T146', title: 'MQTT is lost in a call',
    run: async context => {
      const identity = context.newIdentity()
      const device = await context.openMqtt({ identity })
      device.listen('auto')
      await device.speak(makeDtx(0.3))
      device.drop()
      const again = await context.openMqtt({ identity })
      again.listen('auto')
      await again.speak(makeDtx(0.3))
      await context.ask(again, 'Hello?')
    }
  },
  {
    id: 'T147', title: 'everything is published with QoS 0',
    run: async context => {
      const device = await talking(context)
      await context.ask(device, 'Hello?')
      check(device.headers.length >= 4, 'hello, stt, tts start, tts stop', device.headers.length)
      for (const header of device.headers) check(header.qos === 0 && !header.retain && !header.dup, 'QoS 0, neither retained nor repeated', header)
    }
  },
  {
    id: 'T148', title: 'audio as gateways frame it', dialects: ['gateway'],
    run: async context => {
      const device = await context.openSocket()
      const mark = device.mark
      device.listen('auto')
      await device.speak([...context.target.clips.question, ...makeDtx(1.8)])
      await device.expect('stt', isJson('stt'), context.rec(10_000), mark)
      const turn = await expectTurn(device, mark, { startMs: context.rec(5000), stopMs: 60_000 })
      device.checkAudio(turn.frames)
      const stamps = turn.frames.map(({ timestamp }) => timestamp)
      check(new Set(stamps).size > stamps.length / 2, 'timestamps at bytes 8 to 11', stamps.slice(0, 5))
    }
  },
  {
    id: 'T149', title: 'a gateway that answers tools/list itself', dialects: ['gateway'],
    run: async context => {
      const { device, mcp } = await context.openMcp()
      await pause(2000)
      check(mcp.of('tools/list').length <= 2, 'no endless asking', mcp.of('tools/list').length)
      await context.ask(device, 'Hello?')
    }
  }
]

export const mqttCases = cases.map(one => ({ dialects: ['mqtt'] as const, ...one }))

async function hello (context: CaseContext, device: DeviceMqtt): Promise<void> {
  const mark = device.mark
  device.sendText(JSON.stringify(context.helloOf({ mcp: false }, 'mqtt')))
  await device.expect('hello', isJson('hello'), context.rec(1000), mark)
  const { json } = device.texts('hello', undefined, mark)[0]!
  device.sessionId = String(json!['session_id'])
  await device.openAudio(json!)
}
