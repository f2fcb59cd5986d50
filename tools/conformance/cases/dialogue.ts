import { isAudio, isEnd, isStart, isStop } from '../arrivals.js'
import type { CaseContext } from '../case-context.js'
import type { ConformanceCase } from '../conformance-case.js'
import { FRAME_MS, type DeviceLink } from '../device-link.js'
import type { SpareServer } from '../target.js'
import { check, checkEqual, NotApplicable } from '../verdicts.js'
import { textOf } from './uplink.js'

/** Rules of the checklist for what is said, and for what the model is told. */
export const dialogueCases: readonly ConformanceCase[] = [
  {
    id: 'DLG-01', title: 'the first piece ends at a comma, later ones at the end of a sentence',
    run: async context => {
      const texts = await said(context, 'Well, here we are at last, after a long day. Then we eat, drink, and sing! Is that all? Yes; it is all.')
      check(texts[0]!.endsWith(','), 'a first piece that ends at a comma', texts)
      for (const text of texts.slice(1)) check(/[.!?;]$/.test(text), 'sentences behind it', texts)
      check(texts.includes('Then we eat, drink, and sing!'), 'a later sentence with its commas', texts)
      const chinese = await said(context, '你好呀，很高兴见到你。今天天气很好，我们去公园吧！你说呢？', 0)
      check(/^你好呀[，,]?$/.test(chinese[0]!), 'a first piece that ends at its comma', chinese)
    }
  },
  {
    id: 'DLG-02', title: 'Markdown is not said',
    run: async context => {
      const answer = '# The list\n\n- **One** is *first*.\n- [Two](http://127.0.0.1/two) is `second`.\n\n```js\nconst secret = 3\n```\n\n> Three is last. 😀\n'
      const all = (await said(context, answer)).join(' ')
      for (const word of ['The list', 'One is first.', 'Two is second.', 'Three is last.']) check(all.includes(word), `"${word}"`, all)
      check(!/[*#`>[\]]|http|secret|😀/u.test(all), 'no marks, addresses, code or emoji', all)
    }
  },
  {
    id: 'DLG-03', title: 'a word is said as it is set, and shown as it is written', dialects: ['ws1', 'ws2', 'ws3', 'gateway'], limitMs: 90_000,
    run: async context => {
      const rule = 'qzx|this is what stands for one short word and it takes several seconds to say aloud'
      await withServer(context, ['--tts.pronunciations', rule], async device => {
        const { turn } = await context.ask(device, context.model.plan({ kind: 'say', text: 'Here is qzx.' }))
        checkEqual(turn.sentences.map(textOf).join(' '), 'Here is qzx.', 'what is shown')
        check(turn.frames.length * FRAME_MS > 3000, 'more than 3 s of audio', `${turn.frames.length * FRAME_MS} ms`)
      })
    }
  },
  {
    id: 'DLG-05', title: 'who was told enough for today is told no more', dialects: ['ws1', 'ws2', 'ws3', 'gateway'], limitMs: 90_000,
    run: async context => {
      await withServer(context, ['--session.dailyCharacters', '40'], async (device, open) => {
        await context.ask(device, context.model.plan({ kind: 'say', text: 'This answer alone has some more than forty characters.' }))
        const mark = device.mark
        const question = context.model.plan({ kind: 'say', text: 'This is too much.' })
        device.detect(question)
        await device.expect('tts start', isStart, context.rec(3000), mark)
        await device.expect('audio that says so', isAudio, context.rec(3000), mark)
        await device.expect('tts stop', isStop, 20_000, mark)
        await device.expect('an end', isEnd, context.rec(5000), mark)
        checkEqual(context.model.requestsFor(question).length, 0, 'requests to the model')
        await context.ask(await open(), context.model.plan({ kind: 'say', text: 'Another device has a day of its own.' }))
      })
    }
  },
  {
    id: 'DLG-07', title: 'the model is told who it is, and what was said before',
    run: async context => {
      const device = await context.open()
      const [first, second] = [context.model.plan({ kind: 'say', text: 'A plum is a fruit.' }), context.model.plan({ kind: 'say', text: 'It is blue.' })]
      await context.ask(device, first)
      await context.ask(device, second)
      const [request] = context.model.requestsFor(second)
      const told = request!.messages.map(({ role, content }) => [role, content])
      check(told[0]?.[0] === 'system' && String(told[0][1]).length > 0, 'a system message first', told[0])
      checkEqual(JSON.stringify(told.slice(-3)), JSON.stringify([['user', first], ['assistant', 'A plum is a fruit.'], ['user', second]]), 'what was said')
      const other = await context.open()
      const third = context.model.plan({ kind: 'say', text: 'Hello.' })
      await context.ask(other, third)
      check(!JSON.stringify(context.model.requestsFor(third)[0]!.messages).includes('plum'), 'nothing of what another device said')
    }
  },
  { id: 'DLG-08', title: 'who speaks is told once', run: isLater('who speaks is known by voiceprints, which come with the recognition services') },
  {
    id: 'CTX-01', title: 'the prompt tells the time',
    run: async context => {
      const prompt = await promptOf(context)
      const times = [-1, 0, 1].map(minutes => new Date(Date.now() + minutes * 60_000).toTimeString().slice(0, 5))
      if (!times.some(time => prompt.includes(time))) throw new NotApplicable('prompts with the time, the place and the weather come with the agents, not with the device protocol')
    }
  },
  { id: 'CTX-02', title: 'context from elsewhere in the prompt', run: isLater('providers of context belong to the agents, which come with the manager') },
  { id: 'CTX-03', title: 'voiceprints', run: isLater('voiceprints come with the recognition services') },
  { id: 'MEM-01', title: 'memory over conversations', run: isLater('memory beyond one connection comes with the agents; within one, see DLG-07') }
]

function isLater (reason: string): () => Promise<void> { return () => Promise.reject(new NotApplicable(reason)) }

/** The pieces in which a device is shown this answer. */
async function said (context: CaseContext, answer: string, least = 1): Promise<string[]> {
  const device = await context.open()
  const { turn } = await context.ask(device, context.model.plan({ kind: 'say', text: answer }))
  check(turn.sentences.length >= least, 'sentence_start', device.arrivals.describe())
  return turn.sentences.map(textOf)
}

async function promptOf (context: CaseContext): Promise<string> {
  const question = context.model.plan({ kind: 'say', text: 'Fine.' })
  await context.ask(await context.open(), question)
  return String(context.model.requestsFor(question)[0]!.messages.find(({ role }) => role === 'system')?.['content'] ?? '')
}

type Open = () => Promise<DeviceLink>
type Run = (device: DeviceLink, open: Open) => Promise<void>

/** A server that is set so, with a device that has said hello. */
async function withServer (context: CaseContext, settings: readonly string[], run: Run): Promise<void> {
  if (context.target.spare === undefined) throw new NotApplicable('nobody here may set this server')
  const server: SpareServer = await context.target.spare(settings)
  const open: Open = () => context.openSocket({ url: server.url })
  try {
    await run(await open(), open)
  } finally {
    await server.stop()
  }
}
