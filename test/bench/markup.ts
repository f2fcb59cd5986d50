import assert from 'node:assert/strict'

const VOID_ELEMENTS = new Set(['meta', 'br', 'hr', 'img', 'link', 'input'])
const TAG = /^<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/
const ENTITY = /&(?!(?:amp|lt|gt|quot|#39);)/

/** Elements are closed in order, attributes quoted, text escaped: the way our pages are written. */
export function checkMarkup (page: string): void {
  const open: string[] = []
  let rest = page.replace(/^<!doctype html>/, '').replace(/<style>.*?<\/style>/s, '')
  while (rest !== '') {
    const at = rest.indexOf('<')
    const text = at < 0 ? rest : rest.slice(0, at)
    assert.doesNotMatch(text, ENTITY)
    if (at < 0) break
    const tag = TAG.exec(rest.slice(at))
    assert.ok(tag, `no tag: ${rest.slice(at, at + 80)}`)
    const [whole, closing, name, attributes, selfClosing] = tag as unknown as [string, string, string, string, string]
    assert.doesNotMatch(attributes, ENTITY)
    assert.doesNotMatch(attributes, /NaN|Infinity|undefined/)
    if (closing === '/') assert.equal(open.pop(), name)
    else if (selfClosing !== '/' && !VOID_ELEMENTS.has(name)) open.push(name)
    rest = rest.slice(at + whole.length)
  }
  assert.deepEqual(open, [])
}

/** What a reader sees, titles included. */
export function textOf (page: string): string {
  const text = page.replace(/<style>.*?<\/style>/s, '').replaceAll(/<[^>]*>/g, '')
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}
