import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeConfig } from '../../src/core/config.js'
import { visionUrl } from '../../src/web/public-urls.js'

test('pictures go to this machine, or to the address that was set for it (T118)', () => {
  assert.equal(visionUrl(makeConfig(), '192.168.1.2', 8003), 'http://192.168.1.2:8003/mcp/vision/explain')
  const behindProxy = makeConfig({ 'http.publicUrl': 'https://voice.example/' })
  assert.equal(visionUrl(behindProxy, '192.168.1.2', 8003), 'https://voice.example/mcp/vision/explain')
})
