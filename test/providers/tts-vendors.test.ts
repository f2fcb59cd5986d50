import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig, projectDir } from '../../src/core/config.js'
import { chooseTts } from '../../src/providers/registry.js'
import { ttsVendors } from '../../src/providers/tts-vendors.js'

const local = { hasEspeak: false, jobs: { speak: () => Promise.reject(new Error('not here')) } }
const names = Object.keys(ttsVendors).filter(name => name !== 'openai') as Array<keyof typeof ttsVendors>

function choose (name: string, settings: Readonly<Record<string, string>>): ReturnType<typeof chooseTts> {
  const argv = Object.entries({ 'tts.provider': name, ...settings }).flatMap(([path, value]) => [`--${path}`, value])
  return chooseTts(loadConfig({ argv: ['--llm.ollama.url', '', ...argv], env: {} }).config, local)
}

/** What a vendor needs, and for Aliyun a token beside it. */
function enough (name: keyof typeof ttsVendors): Readonly<Record<string, string>> {
  const paths = [...ttsVendors[name].needs, ...name.startsWith('aliyun') ? [`tts.${name}.token`] : []]
  return Object.fromEntries(paths.map(path => [path, 'geheim']))
}

test('each voice is made by its name, and says where it speaks without its keys', async t => {
  for (const name of names) {
    const { provider, because } = await choose(name, enough(name))
    t.after(() => provider.close())
    assert.equal(provider.name, `tts/${name}`)
    assert.match(because, /(https|wss):\/\//)
    assert.doesNotMatch(because, /geheim/)
  }
})

test('a voice that lacks a setting names it', async () => {
  for (const name of names) {
    for (const path of ttsVendors[name].needs) {
      await assert.rejects(choose(name, { ...enough(name), [path]: '' }), error => String(error).includes(path), path)
    }
  }
})

test('Aliyun is let in by a token, or by both parts of an access key', async t => {
  for (const name of ['aliyun', 'aliyunFlowing']) {
    const key = { [`tts.${name}.appKey`]: 'a', [`tts.${name}.accessKeyId`]: 'i' }
    await assert.rejects(choose(name, key), { code: 'CHORUS_CONFIG_INVALID', message: /accessKeySecret/ })
    const { provider } = await choose(name, { ...key, [`tts.${name}.accessKeySecret`]: 's' })
    t.after(() => provider.close())
  }
})

test('docs/providers.md has a row for each voice', () => {
  const docs = readFileSync(join(projectDir, 'docs', 'providers.md'), 'utf8')
  assert.deepEqual(Object.keys(ttsVendors).filter(name => !docs.includes(`\`tts.provider: ${name}\``)), [])
})
