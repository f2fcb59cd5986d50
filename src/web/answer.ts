import type { ServerResponse } from 'node:http'

export interface Answer {
  readonly status: number
  readonly type: 'text/plain' | 'application/json'
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What a route gives; `sent`: it has answered itself. */
export type Outcome = Answer | 'sent'

/** As the replaced server has them: its test page in a browser needs them. */
export const CORS_HEADERS = {
  'Access-Control-Allow-Headers': 'client-id, content-type, device-id, authorization',
  'Access-Control-Allow-Credentials': 'true',
  'Access-Control-Allow-Origin': '*'
} as const

/** Devices try again after 10 s by themselves; others are told. */
const RETRY_AFTER = { 'Retry-After': '10' } as const

export function textAnswer (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, type: 'text/plain', body, headers }
}

export function jsonAnswer (status: number, body: string): Answer {
  return { status, type: 'application/json', body }
}

export function busyAnswer (what: string): Answer {
  return textAnswer(503, `Too busy: ${what}\n`, RETRY_AFTER)
}

// With a length and never chunked: some firmware mis-reads chunks that span two segments.
export function sendAnswer (response: ServerResponse, { status, type, body, headers }: Answer): void {
  if (response.headersSent) return
  response.writeHead(status, {
    ...CORS_HEADERS,
    ...headers,
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close'
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
