import { Scope } from '../../core/scope.js'
import type { PcmChunk } from '../types.js'
import type { Faults } from '../wire/faults.js'

/**
 * One request for speech, as `Tts.synthesise` promises it: an abort ends it without an error, what
 * a consumer leaves half read is closed, and an answer without sound is none.
 * @param speak runs it under the signal of the exchange
 */
export async function * speechExchange (
  signal: AbortSignal, faults: Faults, speak: (signal: AbortSignal) => AsyncIterable<PcmChunk>
): AsyncGenerator<PcmChunk, void, void> {
  if (signal.aborted) return
  await using exchange = new Scope(signal)
  let isHeard = false
  try {
    for await (const chunk of speak(exchange.signal)) {
      if (signal.aborted) return
      isHeard = true
      yield chunk
    }
    if (!isHeard) throw faults.rubbish('an answer without sound')
  } catch (error) {
    if (!signal.aborted) throw faults.fault(error)
  }
}
