import type { IncomingMessage } from 'node:http'

/** How much more than it may a client can send before it is cut off without an answer. */
const PATIENCE = 4

/**
 * The whole body; what is over the limit is read and dropped, since a device that still writes does
 * not read its answer.
 * @returns undefined when the body is larger than allowed
 */
export async function readBody (request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= maxBytes) chunks.push(chunk)
    if (bytes > maxBytes * PATIENCE) break
  }
  return bytes <= maxBytes ? Buffer.concat(chunks).toString() : undefined
}
