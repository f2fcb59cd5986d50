import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Conversation } from '../../src/dialogue/conversation.js'
import { chunk, makeOptions, settle, SinkLog } from './turn-fakes.js'

function makeRig (historyTurns = 20) {
  const options = makeOptions()
  const conversation = new Conversation({ ...options, systemPrompt: 'be kind', historyTurns, maxKeptCharacters: 1000 })
  const ask = async (text: string) => {
    const sink = new SinkLog()
    const done = conversation.ask(text, sink)
    await settle()
    return { sink, done }
  }
  /** Asks, and lets each sentence be spoken. */
  const talk = async (question: string, ...sentences: string[]): Promise<void> => {
    const { done } = await ask(question)
    const { llm, tts } = options
    const before = tts.streams.length
    await llm.last.give(...sentences.map(sentence => `${sentence} `))
    await llm.last.end()
    for (let at = before; at < tts.streams.length; at++) {
      await tts.streams[at]!.give(chunk)
      await tts.streams[at]!.end()
    }
    await done
  }
  const shown = (): string => options.llm.last.messages.map(({ role, content }) => `${role[0]}:${content}`).join('|')
  return { ...options, conversation, ask, talk, shown }
}

test('the model is shown what was said before', async () => {
  const { talk, shown } = makeRig()
  await talk('Who?', 'It was me.')
  await talk('Why?', 'I do not know.')
  await talk('When?')
  assert.equal(shown(), 's:be kind|u:Who?|a:It was me.|u:Why?|a:I do not know.|u:When?')
})

test('only the newest turns are kept, questions without an answer too', async () => {
  const { talk, shown } = makeRig(2)
  for (const [question, ...answer] of [['1?', 'One is it.'], ['2?'], ['3?', 'Three is it.'], ['4?']] as const) await talk(question, ...answer)
  assert.equal(shown(), 's:be kind|u:2?|u:3?|a:Three is it.|u:4?')
  const none = makeRig(0)
  await none.talk('1?', 'One is it.')
  await none.talk('2?')
  assert.equal(none.shown(), 's:be kind|u:2?')
})

test('of an answer that was cut the history has what was spoken, already for the next question', async () => {
  const { llm, tts, conversation, ask, shown } = makeRig()
  const cut = await ask('Tell me.')
  await llm.last.give('First comes this. ', 'Then comes that. ', 'And more')
  await tts.last.give(chunk)
  await tts.last.end()
  await tts.last.give(chunk)
  const before = [...cut.sink.said]
  await ask('Stop!')
  await cut.done
  assert.equal(shown(), 's:be kind|u:Tell me.|a:First comes this.|u:Stop!')
  assert.deepEqual(cut.sink.said, before)
  await conversation.close()
})

test('there is one turn at a time, and a question that is overtaken is not asked', async () => {
  const { llm, conversation } = makeRig()
  const sinks = [new SinkLog(), new SinkLog(), new SinkLog()]
  const first = conversation.ask('1', sinks[0]!)
  await settle()
  const others = [conversation.ask('2', sinks[1]!), conversation.ask('3', sinks[2]!)]
  await settle()
  assert.deepEqual(llm.streams.map(({ input }) => input), ['1', '3'])
  await llm.last.end()
  await Promise.all([first, ...others])
  assert.deepEqual(sinks.map(({ said }) => said.join()), ['', '', 'end'])
})

test('a question that is cancelled while the one before ends is not asked', async () => {
  const { llm, conversation } = makeRig()
  const first = conversation.ask('1', new SinkLog())
  await settle()
  const second = conversation.ask('2', new SinkLog())
  await conversation.cancel()
  await Promise.all([first, second])
  assert.deepEqual(llm.streams.map(({ input }) => input), ['1'])
})

for (const obeys of [true, false]) {
  test(`closing waits until nothing of the turn runs${obeys ? '' : ', but not for a provider that ignores it'}`, async () => {
    const { llm, tts, conversation, ask } = makeRig()
    llm.obeys = obeys
    tts.obeys = obeys
    const { sink, done } = await ask('hi')
    sink.isFull = true
    await llm.last.give('This is a sentence. ', 'Another one')
    await tts.last.give(chunk)
    const before = [...sink.said]
    let isOver = false
    void done.then(() => { isOver = true })
    await conversation.close()
    await Promise.resolve()
    assert.ok(isOver)
    assert.ok(llm.last.signal.aborted && tts.last.signal.aborted)
    await tts.last.give(chunk)
    await llm.last.end()
    assert.deepEqual(sink.said, before)
  })
}

test('a closed conversation answers nothing', async () => {
  const { llm, conversation, ask } = makeRig()
  await conversation.close()
  await conversation.close()
  const { sink, done } = await ask('hi')
  await done
  assert.equal(llm.streams.length, 0)
  assert.deepEqual(sink.said, [])
  await conversation.cancel()
})
