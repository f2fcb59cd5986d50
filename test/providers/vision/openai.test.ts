import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { OpenAiVision } from '../../../src/providers/vision/openai.js'
import { FakeOpenAi } from '../../support/fake-openai.js'
import { jpeg, visionConformance, type VisionRig } from '../vision-conformance.js'

async function start (t: TestContext): Promise<{ fake: FakeOpenAi, vision: OpenAiVision }> {
  const fake = await FakeOpenAi.start(t)
  const vision = new OpenAiVision({ baseUrl: fake.baseUrl, apiKey: fake.apiKey, model: 'sees', maxTokens: 99 })
  t.after(() => vision.close())
  return { fake, vision }
}

async function makeRig (t: TestContext): Promise<VisionRig> {
  const { fake, vision } = await start(t)
  return {
    vision,
    answer (text) { fake.chat = () => [text] },
    fail (fault) { fake.fail(fault) },
    nextRequest: () => fake.nextRequest(),
    countRequests: () => fake.requests.length
  }
}

const request = { question: '这是什么？', image: { type: 'image/jpeg', bytes: jpeg }, signal: new AbortController().signal }

test('an OpenAI-compatible model that sees conforms', t => visionConformance(t, makeRig))

test('a strict server takes the request, and the picture arrives byte for byte', async t => {
  const { fake, vision } = await start(t)
  assert.equal(await vision.explain(request), 'Hello world.')
  const { model, max_tokens: maxTokens, messages } = fake.requests[0]!.body
  assert.deepEqual([model, maxTokens], ['sees', 99])
  assert.deepEqual((messages as { content: unknown }[]).at(-1)!.content, [
    { type: 'text', text: '这是什么？' },
    { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${jpeg.toString('base64')}` } }
  ])
})

test('what a model thinks before it answers is no answer', async t => {
  const { fake, vision } = await start(t)
  fake.chat = () => ['<think>a cat?\nno</think>\n\nA dog.']
  assert.equal(await vision.explain(request), 'A dog.')
})
