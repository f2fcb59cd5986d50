import http from 'node:http'
import https from 'node:https'

import { parseObject } from '../simulator/network-task.js'
import type { JsonObject } from '../simulator/types.js'

export interface HttpAnswer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
  readonly json: JsonObject | undefined
  readonly tookMs: number
}

export interface HttpQuestion {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Sent in pieces without a length, as the camera does. */
  readonly chunks?: readonly Uint8Array[]
  readonly timeoutMs?: number
}

/** As the client of the device: no redirects, no compression, one request per connection. */
export function askHttp (url: string, question: HttpQuestion = {}): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, body, chunks, timeoutMs = 30_000 } = question
  const askedAt = performance.now()
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
    const client = url.startsWith('https:') ? https : http
    const request = client.request(url, {
      method, headers: { Connection: 'close', ...length, ...headers }, agent: false, signal: AbortSignal.timeout(timeoutMs)
    })
    request.on('error', reject)
    request.on('response', response => {
      const received: Buffer[] = []
      response.on('data', (chunk: Buffer) => { received.push(chunk) })
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(received).toString()
        const tookMs = performance.now() - askedAt
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parseObject(text), tookMs })
      })
    })
    for (const chunk of chunks ?? []) request.write(chunk)
    request.end(body)
  })
}
