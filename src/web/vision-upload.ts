import type { IncomingMessage } from 'node:http'
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy'

export interface UploadLimits {
  readonly maxImageBytes: number
  readonly maxQuestionBytes: number
  readonly timeoutMs: number
}

export type Upload =
  | { readonly kind: 'complete', readonly question: string, readonly image: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'too-slow' }
  | { readonly kind: 'malformed' }

/** How much more than it may a client can send before it is cut off. */
const PATIENCE = 4
const FORM_BYTES = 16_384

/**
 * Reads a picture and the question about it, in either order, chunked or not. What is too large is
 * read and dropped, since a device that still writes does not read its answer.
 */
export function readUpload (request: IncomingMessage, limits: UploadLimits): Promise<Upload> {
  const form = createForm(request, limits)
  if (form === undefined) return drain(request, limits).then(() => ({ kind: 'malformed' }))
  return new Promise(resolve => {
    const parts: Parts = { question: '', chunks: [], isTooLarge: false }
    const end = (upload: Upload): void => {
      clearTimeout(timer)
      request.unpipe(form)
      resolve(upload)
    }
    const timer = setTimeout(() => { end(parts.isTooLarge ? { kind: 'too-large' } : { kind: 'too-slow' }) }, limits.timeoutMs)
    collect(form, parts)
    form.once('finish', () => {
      const { question, chunks, isTooLarge } = parts
      end(isTooLarge ? { kind: 'too-large' } : { kind: 'complete', question, image: Buffer.concat(chunks) })
    })
    form.on('error', () => { end({ kind: 'malformed' }) })
    request.once('close', () => { if (!request.complete) end({ kind: parts.isTooLarge ? 'too-large' : 'malformed' }) })
    cutOff(request, limits)
    request.pipe(form)
  })
}

/** Reads a body that nobody wants, as far as patience goes. */
export function drain (request: IncomingMessage, limits: UploadLimits): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(end, limits.timeoutMs)
    function end (): void {
      clearTimeout(timer)
      resolve()
    }
    if (request.complete || request.destroyed) { end(); return }
    request.once('end', end)
    request.once('close', end)
    cutOff(request, limits)
    request.resume()
  })
}

interface Parts { question: string, chunks: Buffer[], isTooLarge: boolean }

function createForm (request: IncomingMessage, { maxImageBytes, maxQuestionBytes }: UploadLimits): BusboyInstance | undefined {
  if (!/^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')) return undefined
  try {
    return new Busboy({
      headers: request.headers as BusboyHeaders,
      limits: { fileSize: maxImageBytes, files: 1, fieldSize: maxQuestionBytes, fields: 4, parts: 8, headerPairs: 16, headerSize: 4096 },
      // A picture without a file name is one all the same.
      isPartAFile: (_field, type, fileName) => fileName !== undefined || /^(image\/|application\/octet-stream)/i.test(type ?? '')
    })
  } catch {
    return undefined // no boundary
  }
}

function collect (form: BusboyInstance, parts: Parts): void {
  form.on('field', (_name, value) => { if (parts.question === '') parts.question = value })
  form.on('file', (_name, stream) => {
    stream.on('data', (chunk: Buffer) => { if (!parts.isTooLarge) parts.chunks.push(chunk) })
    stream.on('limit', () => {
      parts.isTooLarge = true
      parts.chunks = []
    })
    stream.on('error', () => {}) // the form tells
  })
}

function cutOff (request: IncomingMessage, { maxImageBytes }: UploadLimits): void {
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > PATIENCE * maxImageBytes + FORM_BYTES) request.destroy()
  })
}
