import type { IncomingMessage } from 'node:http'
import { ApiError } from './api-error.js'
import { MAX_FILE_BYTES } from './transcription.js'

const MAX_BODY_BYTES = MAX_FILE_BYTES + 65_536
const MIN_BUFFER_BYTES = 16_384
/** Larger ones are left to the garbage collector. */
const MAX_SPARE_BYTES = 1_048_576
const MAX_SPARES = 64

// Uploads of speech come by the dozen each second. Memory of its own for each of them keeps the
// garbage collector busy, and its pauses make late what is to be sent meanwhile.
const spares: Buffer[] = []

/**
 * Reads a whole body, and hands it to the reader for as long as that runs, no longer.
 * @throws ApiError 413; Error when the client goes before its request is complete
 */
export function readBody<T> (request: IncomingMessage, read: (body: Buffer) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    let buffer = take(Number(request.headers['content-length'] ?? 0))
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      const end = bytes + chunk.length
      if (end > MAX_BODY_BYTES) {
        reject(new ApiError(413, `Maximum content size limit (${MAX_FILE_BYTES}) exceeded`))
        return
      }
      if (end > buffer.length) buffer = grow(buffer, bytes, end)
      bytes += chunk.copy(buffer, bytes)
    })
    request.once('end', () => {
      try { resolve(read(buffer.subarray(0, bytes))) } catch (error) { reject(error as Error) }
    })
    request.once('close', () => {
      giveBack(buffer)
      reject(new Error('the client went'))
    })
  })
}

function take (bytes: number): Buffer {
  const wanted = Math.min(bytes, MAX_BODY_BYTES)
  const index = spares.findIndex(spare => spare.length >= wanted)
  if (index >= 0) return spares.splice(index, 1)[0]!
  return Buffer.allocUnsafeSlow(Math.max(MIN_BUFFER_BYTES, 2 ** Math.ceil(Math.log2(wanted + 1))))
}

function grow (buffer: Buffer, used: number, wanted: number): Buffer {
  const larger = take(wanted)
  buffer.copy(larger, 0, 0, used)
  giveBack(buffer)
  return larger
}

function giveBack (buffer: Buffer): void {
  if (buffer.length <= MAX_SPARE_BYTES && spares.length < MAX_SPARES) spares.push(buffer)
}
