import { isAudio, isClosed, isEnd, isJson, isStop } from '../arrivals.js'
import type { CaseContext } from '../case-context.js'
import { pause } from '../device-link.js'
import type { DeviceSocket } from '../device-socket.js'
import { makeDtx } from '../speech.js'
import { longestGapMs } from '../turn.js'
import type { ConformanceCase } from '../conformance-case.js'
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
      // Some vanish while they are heard, some while they are answered, the others at rest.
      for (const device of devices.slice(0, 10)) { device.listen('auto'); for (const packet of makeDtx(0.6)) device.sendPacket(packet) }
      for (const device of devices.slice(10, 20)) device.detect(context.model.plan({ kind: 'say', text: words(10) }))
      const untilMs = performance.now() + Math.max(60_000, context.timers.idleMs) + context.rec(3000)
      await Promise.all(devices.map(device => device.expect('an end', isEnd, untilMs - performance.now())))
    }
  },
  {
    id: 'T154', title: 'a thousand connections leave nothing', dialects: WS, isAlone: true, limitMs: 180_000,
    run: async context => {
      const questions: string[] = []
      for (let round = 0; round < 40; round++) {
        const devices = await openMany(context, 25)
        const question = context.model.plan({ kind: 'say', text: words(60), everyMs: 200 })
        questions.push(question)
        devices[0]!.detect(question)
        while (context.model.requestsFor(question).length === 0 && !devices[0]!.arrivals.hasEnded) await pause(10)
        for (const device of devices) device.drop()
      }
      await pause(1000)
      const ghosts = questions.filter(question => context.model.requestsFor(question).some(({ isAborted }) => !isAborted))
      checkEqual(ghosts.length, 0, 'turns that go on for nobody:')
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
    id: 'T156', title: 'the sixtieth turn of a device is as quick as its first', dialects: WS, isAlone: true, limitMs: 180_000,
    run: async context => {
      const times: number[] = []
      const identity = context.newIdentity()
      for (let turn = 0; turn < 60; turn++) {
        const device = await context.openSocket({ identity })
        const askedAt = performance.now()
        device.detect('Hello?')
        const audio = await device.expect('audio', isAudio, context.rec(8000))
        times.push(audio.atMs - askedAt)
        device.drop()
      }
      const median = (list: number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!
      const [early, late] = [median(times.slice(0, 15)), median(times.slice(-15))]
      check(late <= early * 1.25 + context.target.toleranceMs, `as quick as at first (${Math.round(early)} ms)`, `${Math.round(late)} ms`)
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
      const first = await context.target.spare([])
      const identities = Array.from({ length: 20 }, () => context.newIdentity())
      try {
        const talking = await Promise.all(identities.map(identity => context.openSocket({ identity, url: first.url })))
        for (const device of talking.slice(0, 8)) device.detect(longQuestion(context))
        for (const device of talking.slice(0, 8)) await device.expect('audio', isAudio, context.rec(8000))
        await first.stop()
        await Promise.all(talking.map(device => device.expect('an end', isEnd, context.rec(5000))))
      } finally {
        await first.stop()
      }
      const again = await context.target.spare([])
      try {
        const others = Array.from({ length: 80 }, () => context.newIdentity())
        const storm = await Promise.all([...identities, ...others].map(identity => context.openSocket({ identity, url: again.url })))
        const asked = storm.slice(0, 8)
        await Promise.all(asked.map(device => context.ask(device, 'Hello?')))
        for (const device of storm) await device.refuse('alert or end', arrival => isJson('alert')(arrival) || isEnd(arrival), 0)
      } finally {
        await again.stop()
      }
    }
  }
]

/** A masked frame, whose mask is zero. */
function fragment (opcode: number, payload: Buffer, isFinal: boolean): Buffer {
  return Buffer.concat([Buffer.of((isFinal ? FIN : 0) | opcode, 0x80 | payload.length, 0, 0, 0, 0), payload])
}
