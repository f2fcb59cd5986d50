import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Conversation } from '../../src/dialogue/conversation.js'
import type { ChatMessage, ToolCall } from '../../src/providers/types.js'
import type { Toolbox, ToolResult } from '../../src/tools/toolbox.js'
import { chunk, makeOptions, settle, SinkLog } from './turn-fakes.js'

interface FakeCall {
  readonly name: string
  readonly argumentText: string
  readonly signal: AbortSignal
  answer (result: ToolResult): Promise<void>
}

/** Answers its calls when the test says so. */
class FakeToolbox implements Toolbox {
  readonly definitions = ['a', 'b', 'photo'].map(name => ({ name, description: '', parameters: { type: 'object' } }))
  readonly calls: FakeCall[] = []
  facts = ''
  wait: Promise<void> = Promise.resolve()

  whenReady (): Promise<void> { return this.wait }
  isSlow (name: string): boolean { return name === 'photo' }

  call (name: string, argumentText: string, signal: AbortSignal): Promise<ToolResult> {
    return new Promise(resolve => {
      const answer = async (result: ToolResult): Promise<void> => {
        resolve(result)
        await settle()
      }
      this.calls.push({ name, argumentText, signal, answer })
    })
  }

  get open (): string { return this.calls.map(({ name, argumentText }) => `${name}(${argumentText})`).join(' ') }
}

function makeRig (t: TestContext) {
  const toolbox = new FakeToolbox()
  const options = { ...makeOptions(), tools: () => toolbox }
  const conversation = new Conversation({ ...options, systemPrompt: 'be kind', historyTurns: 20, maxKeptCharacters: 10 })
  t.after(() => conversation.close())
  const sink = new SinkLog()
  const ask = async (question: string) => {
    const done = conversation.ask(question, sink)
    await settle()
    return done
  }
  const { llm, tts } = options
  /** All that waits for the voice is spoken. */
  const speak = async (): Promise<void> => {
    for (let at = 0; at < tts.streams.length; at++) {
      await tts.streams[at]!.give(chunk)
      await tts.streams[at]!.end()
    }
  }
  /** The model calls these in one pass. */
  const call = async (...names: string[]): Promise<void> => {
    await llm.last.give(...names.map((name, index): ToolCall => ({ id: `${name}${index}`, name, arguments: `{"n":${index}}` })))
    await llm.last.end()
  }
  return { ...options, conversation, toolbox, sink, ask, speak, call, said: () => sink.said.join(' '), shown: () => llm.last.messages.slice(1).map(show).join(' | ') }
}

function show (message: ChatMessage): string {
  if (message.role === 'tool') return `${message.callId}=${message.content}`
  const calls = message.role === 'assistant' ? message.toolCalls?.map(({ id }) => ` →${id}`).join('') ?? '' : ''
  return `${message.role[0]!}:${message.content}${calls}`
}

const text = (value: string): ToolResult => ({ kind: 'text', text: value })

test('the model is offered the tools, its call is shown and made, and it speaks of the result', async t => {
  const { ask, call, llm, toolbox, shown, speak, said } = makeRig(t)
  void ask('on')
  await settle()
  assert.deepEqual(llm.offered[0]!.map(({ name }) => name), ['a', 'b', 'photo'])
  await call('a')
  assert.equal(toolbox.open, 'a({"n":0})')
  assert.equal(said(), '% a')
  await toolbox.calls[0]!.answer(text('true'))
  assert.equal(shown(), 'u:on | a: →a0 | a0=true')
  await llm.last.give('It is on now. ')
  await llm.last.end()
  await speak()
  assert.equal(said(), '% a mood "It is on now." pcm end')
})

test('calls of one pass run at once, and their results are told in the order of the calls', async t => {
  const { ask, call, toolbox, shown } = makeRig(t)
  void ask('both')
  await settle()
  await call('a', 'b')
  assert.equal(toolbox.open, 'a({"n":0}) b({"n":1})')
  await toolbox.calls[1]!.answer({ kind: 'failed', text: 'no b' })
  await toolbox.calls[0]!.answer(text('yes'))
  assert.equal(shown(), 'u:both | a: →a0 →b1 | a0=yes | b1=Error: no b')
})

test('what the model says before a call is spoken while the tool works, and is in the history once', async t => {
  const { ask, call, llm, tts, toolbox, shown, speak } = makeRig(t)
  const asked = ask('on')
  await settle()
  await llm.last.give('Just a moment please')
  await call('a')
  assert.equal(tts.last.input, 'Just a moment please')
  await toolbox.calls[0]!.answer(text('true'))
  assert.equal(shown(), 'u:on | a:Just a moment please →a0 | a0=true')
  await llm.last.give('It is done now. ')
  await llm.last.end()
  await speak()
  await asked
  void ask('thanks')
  await settle()
  assert.equal(shown(), 'u:on | a: →a0 | a0=true | a:Just a moment please It is done now. | u:thanks')
})

test('of a long result the history keeps the beginning', async t => {
  const { ask, call, llm, toolbox, shown } = makeRig(t)
  const asked = ask('how are you?')
  await settle()
  await call('a')
  await toolbox.calls[0]!.answer(text('0123456789abcdef'))
  assert.equal(shown(), 'u:how are you? | a: →a0 | a0=0123456789abcdef')
  await llm.last.end()
  await asked
  void ask('and you?')
  await settle()
  assert.equal(shown(), 'u:how are you? | a: →a0 | a0=0123456789… | u:and you?')
})

test('a tool that speaks for itself is not spoken of by the model', async t => {
  const { ask, call, llm, toolbox, speak, said } = makeRig(t)
  const asked = ask('look')
  await settle()
  await call('a', 'b')
  await toolbox.calls[0]!.answer({ kind: 'answer', text: 'I see a cat.' })
  await toolbox.calls[1]!.answer({ kind: 'done' })
  await speak()
  await asked
  assert.equal(llm.streams.length, 1)
  assert.equal(said(), '% a % b mood "I see a cat." pcm end')
})

test('where one speaks and another does not, the model hears of both', async t => {
  const { ask, call, toolbox, shown, tts } = makeRig(t)
  void ask('look')
  await settle()
  await call('a', 'b')
  await toolbox.calls[0]!.answer({ kind: 'answer', text: 'I see a cat.' })
  await toolbox.calls[1]!.answer(text('5'))
  assert.equal(tts.last.input, 'I see a cat.')
  assert.equal(shown(), 'u:look | a: →a0 →b1 | a0=I see a cat. | b1=5')
})

test('before a photo something is said, and heard, unless the model has spoken (§12.4)', async t => {
  const { ask, call, llm, toolbox, speak, said } = makeRig(t)
  void ask('what is this?')
  await settle()
  await call('photo')
  assert.equal(toolbox.open, '')
  await speak()
  assert.equal(said(), 'mood "Let me take a look." pcm heard % photo')
  await toolbox.calls[0]!.answer(text('a cat'))
  await call('photo')
  assert.equal(said(), 'mood "Let me take a look." pcm heard % photo heard % photo')
  const other = makeRig(t)
  void other.ask('what is this?')
  await settle()
  await other.llm.last.give('Let me see.')
  await other.call('photo')
  await other.speak()
  assert.equal(other.said(), 'mood "Let me see." pcm heard % photo')
  assert.equal(llm.streams.length, 2)
})

test('after so many passes the model must answer without tools (TOOL-01)', async t => {
  const { ask, call, llm, toolbox, said, speak } = makeRig(t)
  void ask('loop')
  await settle()
  for (let pass = 0; pass < 5; pass++) {
    await call('a')
    await toolbox.calls[pass]!.answer(text('again'))
  }
  assert.deepEqual(llm.offered.map(tools => tools.length), [3, 3, 3, 3, 3, 0])
  assert.match(llm.last.messages.at(-1)!.content, /No more tools/)
  await llm.last.give('I give up here. ')
  await call('a')
  await speak()
  assert.equal(toolbox.calls.length, 5)
  assert.match(said(), /end$/)
})

test('of a hundred calls at once a few are made', async t => {
  const { ask, call, toolbox } = makeRig(t)
  void ask('all')
  await settle()
  await call(...Array<string>(100).fill('a'))
  assert.equal(toolbox.calls.length, 8)
})

test('tools that take too long have failed, and are told to stop', async t => {
  const { ask, call, toolbox, shown } = makeRig(t)
  t.mock.timers.enable({ apis: ['setTimeout'] })
  void ask('slow')
  await settle()
  await call('a', 'b')
  await toolbox.calls[0]!.answer(text('5'))
  t.mock.timers.tick(40_000)
  await settle()
  assert.ok(toolbox.calls[1]!.signal.aborted)
  assert.equal(shown(), 'u:slow | a: →a0 →b1 | a0=5 | b1=Error: it took too long')
})

test('a barge-in while a tool works: its late result is neither spoken nor told (T098)', async t => {
  const { ask, call, conversation, llm, toolbox, said, shown } = makeRig(t)
  const asked = ask('on')
  await settle()
  await call('a')
  await conversation.cancel()
  await asked
  const before = said()
  assert.ok(toolbox.calls[0]!.signal.aborted)
  await toolbox.calls[0]!.answer({ kind: 'answer', text: 'It is on.' })
  assert.equal(said(), before)
  assert.equal(llm.streams.length, 1)
  void ask('off')
  await settle()
  assert.equal(shown(), 'u:on | a: →a0 | a0=Error: int… | u:off')
})

test('a barge-in over what is said before a photo: no photo is taken', async t => {
  const { ask, call, conversation, toolbox, said } = makeRig(t)
  const asked = ask('look')
  await settle()
  await call('photo')
  await conversation.cancel()
  await asked
  assert.equal(toolbox.calls.length, 0)
  assert.ok(!said().includes('%'))
})

test('what the device reports is in the prompt, and the question waits until the tools are known', async t => {
  const { ask, llm, toolbox } = makeRig(t)
  let open = (): void => {}
  toolbox.wait = new Promise(resolve => { open = resolve })
  toolbox.facts = 'Lamp: power true'
  void ask('hi')
  await settle()
  assert.equal(llm.streams.length, 0)
  open()
  await settle()
  assert.equal(llm.last.messages[0]!.content, 'be kind\nThe device reports: Lamp: power true.')
})

test('a voice that fails ends the turn while a tool works', async t => {
  const { ask, call, llm, tts, toolbox, said } = makeRig(t)
  const asked = ask('on')
  await settle()
  await llm.last.give('Just a moment please. ')
  await call('a')
  await tts.last.fail()
  await asked
  assert.ok(toolbox.calls[0]!.signal.aborted)
  assert.match(said(), /failed$/)
})
