/** What a request gets, and when. */
export interface Answer {
  readonly contentType: string
  /** How many chunks there are: one or more. */
  readonly count: number
  readonly chunk: (index: number) => Uint8Array | string
  /** Of an answer that is no stream: its length is known at the start. */
  readonly bytes?: number
  /** From the end of the request to the headers and the first chunk. */
  readonly firstMs: number
  /** From the chunk before this one to this one. */
  readonly gapMs: (index: number) => number
  /** Instead of this chunk the client gets a connection that is reset. */
  readonly resetAt?: number
}

export function jsonAnswer (value: unknown, firstMs: number): Answer {
  return wholeAnswer('application/json', JSON.stringify(value), firstMs)
}

export function wholeAnswer (contentType: string, body: string | Uint8Array, firstMs: number): Answer {
  const bytes = Buffer.from(body)
  return { contentType, count: 1, chunk: () => bytes, bytes: bytes.length, firstMs, gapMs: () => 0 }
}
