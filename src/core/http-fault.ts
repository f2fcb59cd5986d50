import type { Socket } from 'node:net'

/** Why a request was refused before anybody read it. */
export type HttpFault = 'lateRequests' | 'oversizeHeaders' | 'brokenRequests'

interface Refusal { readonly fault: HttpFault, readonly status: string }

const refusals: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { fault: 'lateRequests', status: '408 Request Timeout' },
  HPE_HEADER_OVERFLOW: { fault: 'oversizeHeaders', status: '431 Request Header Fields Too Large' }
}

/** Answers what Node's HTTP parser complains of (`clientError`), and ends the connection. */
export function refuseRequest (error: NodeJS.ErrnoException, socket: Socket, onFault: (fault: HttpFault) => void): void {
  const refusal = refusalOf(error)
  // The parser complains of each further piece of a request that is refused already.
  if (refusal === undefined || !socket.writable) { socket.destroy(); return }
  onFault(refusal.fault)
  socket.end(`HTTP/1.1 ${refusal.status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
  socket.destroySoon()
}

/** Undefined where the connection broke, which is nobody's fault. */
function refusalOf ({ code = '' }: NodeJS.ErrnoException): Refusal | undefined {
  const known = refusals[code]
  if (known !== undefined) return known
  return code.startsWith('HPE_') ? { fault: 'brokenRequests', status: '400 Bad Request' } : undefined
}
