/** Why an utterance ended. */
export const ENDED_BY_SILENCE = 0
export const ENDED_BY_DEVICE = 1
export const ENDED_BY_GAP = 2
export const ENDED_BY_LENGTH = 3
export const ENDED_BY_MEMORY = 4
/** By less silence than usual: a streaming recogniser took it for ended, too. */
export const ENDED_BY_AGREEMENT = 5

/** What an ENDPOINT record says; the record owns one reference to each page. */
export interface Endpoint {
  /** Counts the utterances of a seat. */
  readonly utterance: number
  /** Sample of the seat's clock (16 kHz) at which the first page begins, and after the last one. */
  readonly startSample: number
  readonly endSample: number
  /** Sample after the last one that was speech. */
  readonly speechEndSample: number
  readonly reason: number
  /** Pages of the voice worker's arena, in order. */
  readonly pages: readonly number[]
}

/** When it ended, in µs; apart from the endpoint, which tells of audio alone. */
export interface EndpointTimes {
  /** Of the frame that completes the silence, or of the device's own end. */
  readonly arrivalAt: number
  /** The voice worker found the end. */
  readonly verdictAt: number
}

const FIXED_WORDS = 8

/** @returns the payload's length in bytes */
export function writeEndpoint (endpoint: Endpoint, { arrivalAt, verdictAt }: EndpointTimes, out: Uint8Array): number {
  const words = new DataView(out.buffer, out.byteOffset)
  const { utterance, startSample, endSample, speechEndSample, reason, pages } = endpoint
  const fixed = [utterance, startSample, endSample, speechEndSample, reason, pages.length, arrivalAt, verdictAt]
  fixed.concat(pages).forEach((value, at) => { words.setUint32(at * 4, value, true) })
  return (FIXED_WORDS + pages.length) * 4
}

export function readEndpoint (payload: Int32Array): Endpoint {
  const pageCount = payload[5]!
  return {
    utterance: payload[0]! >>> 0,
    startSample: payload[1]! >>> 0,
    endSample: payload[2]! >>> 0,
    speechEndSample: payload[3]! >>> 0,
    reason: payload[4]!,
    pages: Array.from(payload.subarray(FIXED_WORDS, FIXED_WORDS + pageCount))
  }
}

export function readEndpointTimes (payload: Int32Array): EndpointTimes {
  return { arrivalAt: payload[6]!, verdictAt: payload[7]! }
}
