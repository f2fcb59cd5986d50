import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { opusPacketMs } from '../../native-bindings/opus-packet.js'
import { projectDir } from '../../src/core/config.js'
import { PROMPT_FRAME_MS, PromptLibrary } from '../../src/gateway/prompt-library.js'
import type { PromptName } from '../../src/session/ports.js'

const folder = join(projectDir, 'assets', 'prompts')
const texts = parse(readFileSync(join(folder, 'prompts.yaml'), 'utf8')) as Record<string, Record<PromptName, string>>
const asTheyAre = (packets: readonly Uint8Array[]) => Promise.resolve(packets)

test('every prompt is there, in mono packets of 60 ms that a record and a device can hold (T058, T061)', async () => {
  const prompts = await PromptLibrary.load(folder, asTheyAre)
  assert.ok(Object.keys(texts).length > 3)
  for (const language of Object.keys(texts)) {
    for (const name of ['apology', 'language', 'goodbye', 'busy', 'quota'] as const) {
      const { text, packets } = prompts.find(name, language)
      assert.equal(text, texts[language]![name])
      assert.ok(packets.length * PROMPT_FRAME_MS > 1000, `${language}/${name} is only ${packets.length} packets long`)
      for (const packet of packets) {
        assert.equal(opusPacketMs(packet, packet.length), PROMPT_FRAME_MS)
        assert.equal(packet[0]! & 0b100, 0)
        assert.ok(packet.length <= 1275)
      }
    }
  }
})

test('a language without prompts hears them in English', async () => {
  const prompts = await PromptLibrary.load(folder, asTheyAre)
  assert.equal(prompts.find('apology', 'tlh'), prompts.find('apology', 'en'))
  assert.throws(() => new PromptLibrary(new Map()).find('apology', 'en'), RangeError)
})

test('packets are made to fit once, when they are read', async () => {
  let calls = 0
  const prompts = await PromptLibrary.load(folder, packets => {
    calls++
    return Promise.resolve(packets.slice(0, 1))
  })
  assert.equal(calls, Object.values(texts).flatMap(sentences => Object.keys(sentences)).length)
  assert.equal(prompts.find('language', 'en').packets.length, 1)
})

test('a code is told digit by digit, in the language of the sentence before it', async () => {
  const prompts = await PromptLibrary.load(folder, asTheyAre)
  const { text, packets } = prompts.activation('4-60x609', 'zh')
  assert.match(text, /激活码。 4 6 0 6 0 9$/)
  assert.ok(packets.length > prompts.activation('', 'zh').packets.length + 6 * 4, 'each digit takes at least a quarter of a second')
  assert.match(prompts.activation('1', 'de').text, /^This device is new/)
})
