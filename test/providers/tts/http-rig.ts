import type { TestContext } from 'node:test'
import type { Tts } from '../../../src/providers/types.js'
import { FakeVendor, type VendorAnswer, type VendorRequest } from '../../support/fake-vendor.js'
import type { TtsRig } from '../tts-conformance.js'

export interface HttpRig extends TtsRig {
  readonly fake: FakeVendor
  /** Answers so from now on. */
  reply (answer: VendorAnswer): void
}

interface HttpScript {
  /** @throws Complaint for a request that is refused */
  readonly check: (request: VendorRequest) => void
  /** An answer with so many samples. */
  readonly answerOf: (samples: number) => VendorAnswer
}

/** A voice over HTTP beside the script of its vendor. */
export async function startHttpVoice (t: TestContext, { check, answerOf }: HttpScript, voice: (url: string) => Tts): Promise<HttpRig> {
  let answer = answerOf(1500)
  const fake = await FakeVendor.start(t, {
    http: request => {
      check(request)
      return answer
    }
  })
  const tts = voice(fake.url)
  t.after(() => tts.close())
  return {
    fake,
    tts,
    sampleRateHz: 24_000,
    answer (samples) { answer = answerOf(samples) },
    reply (other) { answer = other },
    fail (fault) { fake.fail(fault) },
    nextRequest: () => fake.nextRequest(),
    countRequests: () => fake.requests.length
  }
}
