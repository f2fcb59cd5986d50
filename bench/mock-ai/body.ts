import type { IncomingMessage } from 'node:http'
import { ApiError } from './api-error.js'
import { MAX_FILE_BYTES } from './transcription.js'

const MAX_BODY_BYTES = MAX_FILE_BYTES + 65_536

/** @throws ApiError 413; Error when the client goes before its request is complete */
export function readBody (request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
      else reject(new ApiError(413, `Maximum content size limit (${MAX_FILE_BYTES}) exceeded`))
    })
    request.once('end', () => { resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)) })
    request.once('close', () => { reject(new Error('the client went')) })
    request.once('error', reject)
  })
}
