import { wholeAnswer, type Answer } from './answer.js'
import type { Fault } from './faults.js'

const brokenPage = '<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>'
const brokenJob = { error: { message: 'The speech could not be generated.', type: 'server_error', param: null, code: null } }

/**
 * An answer that goes wrong on its way.
 * @param place where, from 0 up to 1
 */
export function spoil (answer: Answer, fault: Extract<Fault, 'half' | 'garbage' | 'stall'>, place: number, stallMs: number): Answer {
  switch (fault) {
    case 'half': return cutOff(inPieces(answer), place)
    case 'stall': return stalled(inPieces(answer), place, stallMs)
    case 'garbage': return garbled(answer, place)
  }
}

function cutOff (answer: Answer, place: number): Answer {
  return { ...answer, resetAt: within(answer, place) }
}

function stalled (answer: Answer, place: number, stallMs: number): Answer {
  const at = within(answer, place)
  return { ...answer, gapMs: index => answer.gapMs(index) + (index === at ? stallMs : 0) }
}

function garbled (answer: Answer, place: number): Answer {
  const { contentType } = answer
  if (contentType.startsWith('text/event-stream')) return withBrokenEvent(answer, place)
  if (contentType.startsWith('audio/')) return place < 0.5 ? wholeAnswer('application/json', JSON.stringify(brokenJob), answer.firstMs) : truncated(answer)
  if (contentType === 'application/json') return wholeAnswer(contentType, firstHalf(answer.chunk(0)), answer.firstMs)
  return wholeAnswer('text/html; charset=utf-8', brokenPage, answer.firstMs)
}

// The first event of a chunk loses its second half; all that follows is as it should be.
function withBrokenEvent (answer: Answer, place: number): Answer {
  const at = Math.floor(place * answer.count)
  return {
    ...answer,
    chunk: index => {
      const chunk = answer.chunk(index)
      if (index !== at) return chunk
      const text = String(chunk)
      const end = text.indexOf('\n\n')
      return text.slice(0, end >> 1) + text.slice(end)
    }
  }
}

// A file that ends in order, in the middle of a sample or page.
function truncated (answer: Answer): Answer {
  const last = answer.count >> 1
  return {
    ...answer,
    count: last + 1,
    chunk: index => {
      const chunk = answer.chunk(index)
      return index === last ? firstHalf(chunk) : chunk
    }
  }
}

/** An odd number of bytes, so that it cuts 16-bit samples as well. */
function firstHalf (chunk: Uint8Array | string): Uint8Array {
  return Buffer.from(chunk).subarray(0, (chunk.length >> 1) | 1)
}

/** At least something comes before that place and something after it. */
function within (answer: Answer, place: number): number {
  return 1 + Math.floor(place * (answer.count - 1))
}

function inPieces (answer: Answer): Answer {
  if (answer.count > 1) return answer
  const whole = Buffer.from(answer.chunk(0))
  const half = whole.length >> 1
  return { ...answer, count: 2, chunk: index => index === 0 ? whole.subarray(0, half) : whole.subarray(half), gapMs: () => 0 }
}
