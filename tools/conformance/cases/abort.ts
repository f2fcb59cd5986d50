import { isAudio, isClosed, isJson, isSentence, isStart, isStop, type Text } from '../arrivals.js'
import type { CaseContext } from '../case-context.js'
import { FRAME_MS, pause, type DeviceLink } from '../device-link.js'
import { leads } from '../turn.js'
import type { ConformanceCase } from '../conformance-case.js'
import { check, checkEqual } from '../verdicts.js'
import { longQuestion, words } from './opening.js'
import { sayQuestion } from './uplink.js'

async function speaking (context: CaseContext): Promise<DeviceLink> {
  const device = await context.open()
  device.listen('auto')
  device.detect(longQuestion(context))
  await device.expect('audio', isAudio, context.rec(8000))
  await pause(800)
  return device
}

/** @returns the stop that it was answered with */
async function abort (context: CaseContext, device: DeviceLink, reason?: string): Promise<Text> {
  const mark = device.mark
  const at = performance.now()
  device.abort(reason)
  const stop = await device.expect('tts stop', isStop, context.rec(100), mark) as Text
  await pause(300)
  checkEqual(device.audio(mark).filter(({ atMs }) => atMs > at + context.rec(50) || atMs > stop.atMs).length, 0, 'number of packets after abort')
  return stop
}

/** Nobody goes on thinking about what nobody wants to hear. */
async function checkCancelled (context: CaseContext, device: DeviceLink, question: string): Promise<void> {
  await device.refuse('an end', isClosed, 700)
  check(context.model.requestsFor(question).every(({ isAborted }) => isAborted), 'the request to the model to be cancelled')
}

export const abortCases: readonly ConformanceCase[] = [
  {
    id: 'T091', title: 'abort: audio ends and tts stop comes, at once', isAlone: true,
    run: async context => {
      const device = await context.open()
      const question = context.model.plan({ kind: 'say', text: words(60), everyMs: 200 })
      device.detect(question)
      await device.expect('audio', isAudio, context.rec(8000))
      await pause(800)
      await abort(context, device)
      await checkCancelled(context, device, question)
    }
  },
  {
    id: 'T092', title: 'abort by the wake word, then listen start',
    run: async context => {
      const device = await speaking(context)
      await abort(context, device, 'wake_word_detected')
      const mark = device.mark
      device.listen('auto')
      await device.refuse('tts start of the old turn', isStart, 1500, mark)
      await sayQuestion(context, device)
    }
  },
  {
    id: 'T093', title: 'abort of old firmware, which waits for tts stop',
    run: async context => {
      const device = await speaking(context)
      await abort(context, device, 'wake_word_detected')
      await sayQuestion(context, device)
    }
  },
  {
    id: 'T094', title: 'abort before the first audio',
    run: async context => {
      const device = await context.open()
      device.detect(longQuestion(context))
      await device.expect('tts start', isStart, context.rec(8000))
      const mark = device.mark
      const had = device.audio().length
      device.abort()
      await device.expect('tts stop', isStop, context.rec(100), mark)
      await device.refuse('audio', isAudio, 1000, device.mark)
      check(device.audio().length - had <= 3, 'no audio after abort')
    }
  },
  {
    id: 'T095', title: 'abort while the answer is thought of',
    run: async context => {
      const device = await context.open()
      const question = context.model.plan({ kind: 'say', text: 'This is too late.', firstMs: 1500 })
      device.detect(question)
      await pause(500)
      const mark = device.mark
      device.abort()
      await checkCancelled(context, device, question)
      await device.refuse('sentence or audio of what was aborted', arrival => isSentence(arrival) || isAudio(arrival), 3500, mark)
      if (device.texts('tts', 'start').length > 0) await device.expect('tts stop', isStop, 0)
    }
  },
  {
    id: 'T096', title: 'abort with nothing to abort',
    run: async context => {
      const device = await context.open()
      device.abort()
      await device.refuse('tts start or end', arrival => isStart(arrival) || isClosed(arrival), 800)
      await context.ask(device, 'Hello?')
    }
  },
  {
    id: 'T097', title: 'abort twice: one tts stop',
    run: async context => {
      const device = await speaking(context)
      const mark = device.mark
      device.abort()
      device.abort()
      device.abort('wake_word_detected')
      await device.expect('tts stop', isStop, context.rec(100), mark)
      await pause(800)
      checkEqual(device.texts('tts', 'stop', mark).length, 1, 'number of tts stop')
    }
  },
  {
    id: 'T098', title: 'abort while a tool is called: its result is not spoken',
    run: async context => {
      const { device, mcp } = await context.openMcp({ answer: method => method === 'tools/call' ? null : undefined })
      await pause(2000)
      device.detect(context.model.plan({
        kind: 'call', calls: [{ name: 'self_audio_speaker_set_volume', arguments: '{"volume":50}' }], after: 'The volume is fifty now.'
      }))
      await device.expect('tools/call', () => mcp.of('tools/call').length > 0, context.rec(8000)).catch(() => { throw context.missing('the server calls no tool of the device') })
      device.abort()
      const mark = device.mark
      mcp.reply({ id: mcp.of('tools/call')[0]!['id'], result: { content: [{ type: 'text', text: 'true' }], isError: false } })
      await device.refuse('sentence or audio of what was aborted', arrival => isSentence(arrival) || isAudio(arrival), 3000, mark)
    }
  },
  {
    id: 'T099', title: 'a stale or empty session id does no harm',
    dialects: ['ws1', 'ws2', 'ws3', 'gateway'],
    run: async context => {
      const device = await context.open()
      for (const id of ['stale-one', '']) {
        const mark = device.mark
        device.sendText(JSON.stringify({ session_id: id, type: 'listen', state: 'detect', text: 'Hello, how are you?' }))
        await device.expect('tts stop of an answer', isStop, 20_000, mark)
        check(device.audio(mark).length > 0, 'audio')
      }
    }
  },
  {
    id: 'T100', title: 'at an abort little is left to be heard', isAlone: true,
    run: async context => {
      const device = await speaking(context)
      await pause(2000)
      await abort(context, device)
      const left = leads(device.audio()).at(-1)! * FRAME_MS
      check(left <= context.rec(300) + FRAME_MS, `at most ${context.rec(300) + FRAME_MS} ms unplayed`, `${Math.round(left)} ms`)
      await device.refuse('alert', isJson('alert'), 0)
    }
  }
]
