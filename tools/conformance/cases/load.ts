import { isAudio, isClosed, isEnd, isJson, isStop } from '../arrivals.js'
import type { CaseContext } from '../case-context.js'
import { pause } from '../device-link.js'
import type { DeviceSocket } from '../device-socket.js'
import { makeDtx } from '../speech.js'
import { longestGapMs } from '../turn.js'
import type { ConformanceCase } from '../conformance-case.js'
import { upgrade } from '../upgrade.js'
import { check, checkEqual, NotApplicable } from '../verdicts.js'
import { longQuestion, words } from './opening.js'

const WS = ['ws1', 'ws2', 'ws3', 'gateway'] as const
const OP_TEXT = 1
const OP_CONTINUATION = 0
const FIN = 0x80

async function openMany (context: CaseContext, count: number): Promise<DeviceSocket[]> {
  const devices: DeviceSocket[] = []
  while (devices.length < count) {
    const length = Math.min(25, count - devices.length)
    devices.push(...await Promise.all(Array.from({ length }, () => context.openSocket())))
  }
  return devices
}

export const loadCases: readonly ConformanceCase[] = [
  {
    id: 'T150', title: 'ten answers at once, each in time', dialects: WS, isAlone: true, limitMs: 120_000,
    run: async context => {
      const devices = await openMany(context, 10)
      await Promise.all(devices.map(async device => { await context.ask(device, context.model.plan({ kind: 'say', text: words(30) }), 90_000) }))
      const gaps = devices.map(device => longestGapMs(device.audio()))
      check(Math.max(...gaps) <= context.target.toleranceMs, 'no underrun', gaps.map(Math.round))
    }
  },
  {
    id: 'T151', title: 'a device that reads slowly costs no memory', dialects: WS, isAlone: true, limitMs: 120_000,
    run: async context => {
      const slow = await context.openSocket()
      slow.detect(context.model.plan({ kind: 'say', text: words(120) }))
      await slow.expect('audio', isAudio, context.rec(8000))
      slow.stall()
      const other = await context.openSocket()
      await context.ask(other, context.model.plan({ kind: 'say', text: words(30) }))
      await pause(6000)
      const mark = slow.mark
      const at = performance.now()
      slow.resume()
      await pause(500)
      const burst = slow.audio(mark).filter(({ atMs }) => atMs - at < 400).length
      check(slow.arrivals.hasEnded || burst <= 400, 'a bounded backlog', burst)
    }
  },
  {
    id: 'T152', title: 'behind a stall the answer goes on in real time', dialects: WS, isAlone: true,
    run: async context => {
      const device = await context.openSocket()
      device.detect(context.model.plan({ kind: 'say', text: words(60) }))
      await device.expect('audio', isAudio, context.rec(8000))
      await pause(1000)
      device.stall()
      await pause(3000)
      const mark = device.mark
      const at = performance.now()
      device.resume()
      await pause(2000)
      const first = device.audio(mark).filter(({ atMs }) => atMs - at < 300).length
      // What TCP had taken before the stall was noticed is 3 s of audio at the most.
      check(first <= 40 + 50, 'at most 40 packets at once behind what was on the way', first)
      device.abort()
      await device.expect('tts stop', isStop, context.rec(1000), mark)
    }
  },
  {
    id: 'T153', title: 'devices that vanish are forgotten', dialects: WS, isAlone: true, limitMs: 150_000,
    run: async context => {
      const devices = await openMany(context, 200)
      const untilMs = performance.now() + Math.max(60_000, context.timers.idleMs) + context.rec(3000)
      await Promise.all(devices.map(device => device.expect('an end', isEnd, untilMs - performance.now())))
    }
  },
  {
    id: 'T154', title: 'a thousand connections leave nothing', dialects: WS, isAlone: true, limitMs: 180_000,
    run: async context => {
      for (let round = 0; round < 40; round++) for (const device of await openMany(context, 25)) device.drop()
      const device = await context.openSocket()
      const { turn } = await context.ask(device, 'Hello?')
      check(turn.frames.length > 0, 'audio')
      checkEqual(device.texts('hello').length, 1, 'number of hellos')
    }
  },
  {
    id: 'T155', title: 'two devices at one address are two', dialects: WS,
    run: async context => {
      const [one, other] = [await context.openSocket(), await context.openSocket()]
      check(one.sessionId !== other.sessionId, 'two session ids')
      const first = context.model.plan({ kind: 'say', text: 'Apples are red.' })
      const second = context.model.plan({ kind: 'say', text: 'Pears are green.' })
      await Promise.all([context.ask(one, first), context.ask(other, second)])
      const said = (device: DeviceSocket): string => device.texts('tts', 'sentence_start').map(({ text }) => text).join(' ')
      check(said(one).includes('Apples') && !said(one).includes('Pears'), 'its own answer', said(one))
      check(said(other).includes('Pears') && !said(other).includes('Apples'), 'its own answer', said(other))
      await one.refuse('an end', isClosed, 0)
    }
  },
  {
    id: 'T156', title: 'the twentieth turn is as quick as the first', dialects: WS, isAlone: true, limitMs: 180_000,
    run: async context => {
      const times: number[] = []
      for (let turn = 0; turn < 20; turn++) {
        const device = await context.openSocket()
        const askedAt = performance.now()
        device.detect('Hello?')
        const audio = await device.expect('audio', isAudio, context.rec(8000))
        times.push(audio.atMs - askedAt)
        device.drop()
      }
      const median = (list: number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!
      const [early, late] = [median(times.slice(0, 10)), median(times.slice(10))]
      check(late <= early * 1.5 + context.target.toleranceMs, `as quick as at first (${Math.round(early)} ms)`, `${Math.round(late)} ms`)
    }
  },
  {
    id: 'T157', title: 'a flood ends itself, and nobody else', dialects: WS, isAlone: true,
    run: async context => {
      const [flood, other] = [await context.openSocket(), await context.openSocket()]
      flood.listen('auto')
      for (let message = 0; message < 5000; message++) flood.send({ type: 'listen', state: 'start', mode: 'auto' })
      for (const packet of Array.from({ length: 100 }, () => makeDtx(3)).flat()) flood.sendPacket(packet)
      await context.ask(other, 'Hello?')
      await flood.expect('the end of the flood', isEnd, 15_000).catch(() => { throw context.missing('a flood of 5000 messages and 300 s of audio does not end') })
    }
  },
  {
    id: 'T158', title: 'the longest messages of a device', dialects: WS,
    run: async context => {
      const device = await context.openSocket()
      device.sendText(`{"type":"foo","x":"${'y'.repeat(65_510)}"}`)
      device.sendFrame(2, Buffer.alloc(60_000, 7))
      await pause(1000)
      // To be closed is as good as to be ignored.
      if (!device.arrivals.hasEnded) await context.ask(device, 'Hello?')
      await context.ask(await context.openSocket(), 'Hello?')
    }
  },
  {
    id: 'T159', title: 'fragments with a ping between them', dialects: WS,
    run: async context => {
      const device = await context.openSocket()
      const text = Buffer.from(JSON.stringify({ session_id: device.sessionId, type: 'listen', state: 'detect', text: 'Hello, how are you?' }))
      device.sendBytes(fragment(OP_TEXT, text.subarray(0, 20), false))
      device.sendFrame(9, Buffer.from('ping'))
      device.sendBytes(fragment(OP_CONTINUATION, text.subarray(20), true))
      await device.expect('an answer', isStop, 20_000)
      await device.refuse('an odd frame', arrival => arrival.kind === 'odd', 0)
    }
  },
  {
    id: 'T160', title: 'all devices return after a restart', dialects: WS, isAlone: true, limitMs: 120_000,
    run: async context => {
      if (context.target.spare === undefined) throw new NotApplicable('nobody here may restart this server')
      const server = await context.target.spare([])
      try {
        const storm = await Promise.all(Array.from({ length: 100 }, () => {
          const { deviceId, clientId } = context.newIdentity()
          return upgrade(server.url, { 'Device-Id': deviceId, 'Client-Id': clientId, 'Protocol-Version': '1' }, context.signal)
        }))
        const refused = storm.filter(({ status }) => status !== 101 && status !== 401 && status !== 429 && status !== 503)
        for (const { socket } of storm) socket.destroy()
        checkEqual(refused.length, 0, 'number of connections without an answer')
        const device = await context.openSocket({ url: server.url })
        device.detect(longQuestion(context))
        await device.expect('audio', isAudio, context.rec(8000))
        await device.refuse('alert', isJson('alert'), 0)
      } finally {
        await server.stop()
      }
    }
  }
]

/** A masked frame, whose mask is zero. */
function fragment (opcode: number, payload: Buffer, isFinal: boolean): Buffer {
  return Buffer.concat([Buffer.of((isFinal ? FIN : 0) | opcode, 0x80 | payload.length, 0, 0, 0, 0), payload])
}
