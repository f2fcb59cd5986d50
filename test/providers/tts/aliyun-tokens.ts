import type { TestContext } from 'node:test'
import { FakeVendor } from '../../support/fake-vendor.js'

/** Makes the tokens `made-1`, `made-2`, … that end in an hour, for whoever asks. */
export async function startTokens (t: TestContext): Promise<FakeVendor> {
  const tokens: FakeVendor = await FakeVendor.start(t, {
    http: () => ({
      contentType: 'application/json',
      parts: [JSON.stringify({ Token: { Id: `made-${tokens.requests.length}`, ExpireTime: Math.floor(Date.now() / 1000) + 3600 } })]
    })
  })
  return tokens
}
