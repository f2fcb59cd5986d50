import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseToolPage, type ListedTool } from '../../src/protocol/mcp.js'
import { ToolSet, ToolSets } from '../../src/tools/tool-set.js'

const limits = { maxTools: 64, maxToolBytes: 32_768 }
const plain = (name: string, more: object = {}): object => ({ name, description: '', inputSchema: { type: 'object', properties: {} }, ...more })
const listed = (...tools: object[]): readonly ListedTool[] => parseToolPage({ tools }).tools
const namesOf = (set: ToolSet): string[] => set.definitions.map(({ name }) => name)

test('what is for users only is never offered and not found, listed or not (T111)', () => {
  const hidden = [
    'self.reboot', 'self.upgrade_firmware', 'self.get_system_info', 'self.screen.get_info', 'self.screen.snapshot',
    'self.screen.preview_image', 'self.assets.set_download_url', 'board.reboot'
  ]
  const set = new ToolSet(listed(
    ...hidden.map(name => plain(name)),
    plain('self.secret', { annotations: { audience: ['user'] } }),
    plain('self.shared', { annotations: { audience: ['user', 'assistant'] } })
  ), limits)
  assert.deepEqual(namesOf(set), ['self_shared'])
  assert.equal(set.leftOut, 9)
  for (const name of hidden) assert.equal(set.find(name.replaceAll('.', '_')) ?? set.find(name), undefined)
})

test('names that would be the same are told apart, and Chinese ones have a name (T115)', () => {
  const set = new ToolSet(listed(plain('a.b'), plain('a_b'), plain('a-b'), plain('播放音乐', { description: '播放音乐，用播放音乐' }), plain('关灯'), plain('x'.repeat(80))), limits)
  const names = namesOf(set)
  assert.equal(new Set(names).size, 6)
  for (const name of names) assert.match(name, /^[A-Za-z0-9_-]{1,64}$/)
  assert.deepEqual(names.map(name => set.find(name)!.original), ['a.b', 'a_b', 'a-b', '播放音乐', '关灯', 'x'.repeat(80)])
  assert.deepEqual(names, namesOf(new ToolSet(listed(plain('a.b'), plain('a_b'), plain('a-b'), plain('播放音乐'), plain('关灯'), plain('x'.repeat(80))), limits)))
})

test('a huge list is offered as far as it may be, a tool that is listed twice once (T116)', () => {
  const many = Array.from({ length: 120 }, (_, index) => plain(`tool.${index}`, { description: 'd'.repeat(330) }))
  assert.equal(new ToolSet(listed(...many), limits).definitions.length, 64)
  assert.equal(new ToolSet(listed(...many), { maxTools: 200, maxToolBytes: 4000 }).definitions.length, 9)
  assert.deepEqual(namesOf(new ToolSet(listed(plain('a'), plain('a'), plain('b')), limits)), ['a', 'b'])
})

test('devices that list the same share one set', () => {
  const sets = new ToolSets(limits)
  assert.equal(sets.of(listed(plain('a'))), sets.of(listed(plain('a'))))
  assert.notEqual(sets.of(listed(plain('a'))), sets.of(listed(plain('b'))))
})

test('of schemas only what firmware means is passed on, whatever is in them', () => {
  const deep = JSON.parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`) as unknown
  const [tool] = listed(plain('a', { inputSchema: { properties: { p: { type: 'integer', minimum: 0, default: deep, extra: deep }, q: { type: 'array', items: deep }, r: 7 }, required: ['p', 5] } }))
  assert.deepEqual(new ToolSet([tool!], limits).definitions[0]!.parameters, {
    type: 'object', properties: { p: { type: 'integer', minimum: 0 }, q: { type: 'string' }, r: { type: 'string' } }, required: ['p']
  })
})

test('over any list every name is one that services take, leads back, and no name is there twice', () => {
  const name = fc.oneof(fc.string({ minLength: 1, maxLength: 90 }), fc.constantFrom('a.b', 'a_b', 'a b', '__proto__', 'constructor', '好', '好好'))
  fc.assert(fc.property(fc.array(name, { maxLength: 80 }), names => {
    const set = new ToolSet(listed(...names.map(each => plain(each))), limits)
    const made = namesOf(set)
    assert.equal(new Set(made).size, made.length)
    for (const each of made) assert.match(each, /^[A-Za-z0-9_-]{1,64}$/)
    const originals = made.map(each => set.find(each)!.original)
    assert.equal(new Set(originals).size, originals.length)
    for (const original of originals) assert.ok(names.includes(original))
  }), { seed: 12 })
})
