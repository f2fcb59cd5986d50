import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config } from '../core/config-schema.js'
import { ChorusError, describeError } from '../core/errors.js'
import { otaAnswer, parseOtaRequest } from '../protocol/ota.js'
import type { DeviceLanguages } from './device-languages.js'

export const WEBSOCKET_PATH = '/xiaozhi/v1/'

export interface HttpServerOptions {
  readonly config: Config
  readonly languages: DeviceLanguages
  /** Port of the WebSocket listener, which may have been chosen freely. */
  readonly gatewayPort: () => number
  /** State of the server, for `/healthz`. */
  readonly health: () => Readonly<Record<string, unknown>>
}

export interface HttpServer {
  readonly port: number
  close (): Promise<void>
}

/**
 * Port 8003: registration of devices and health.
 * @throws CHORUS_PORT_TAKEN
 */
export async function listenHttp (options: HttpServerOptions): Promise<HttpServer> {
  const { host, port } = options.config.http
  const server = createServer({ headersTimeout: 10_000, connectionsCheckingInterval: 1000 }, (request, response) => {
    handle(options, request, response).catch((error: unknown) => { answer(response, 400, 'text/plain', `${describeError(error)}\n`) })
  })
  server.requestTimeout = 30_000 // as long as a device waits
  try {
    await listen(server, host, port)
  } catch (error) {
    throw new ChorusError('CHORUS_PORT_TAKEN', [host, port, describeError(error), '--http.port'], { cause: error })
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise(resolve => {
      server.close(() => { resolve() })
      server.closeAllConnections()
    })
  }
}

async function listen (server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen({ host, port, exclusive: true }, resolve) })
}

async function handle (options: HttpServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?')[0]!.replace(/\/+$/, '') // firmware follows no redirect
  if (path === '/xiaozhi/ota' && request.method === 'POST') { await register(options, request, response); return }
  if (path === '/xiaozhi/ota' && request.method === 'GET') {
    answer(response, 200, 'text/plain', `The registration address works. Devices are sent to ${websocketUrl(options, request)}\n`)
  } else if (path === '/healthz') {
    answer(response, 200, 'application/json', JSON.stringify(options.health()))
  } else {
    answer(response, 404, 'text/plain', `There is nothing at ${path || '/'}; devices register at /xiaozhi/ota/\n`)
  }
}

async function register (options: HttpServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request, options.config.http.maxBodyBytes)
  if (body === undefined) { answer(response, 413, 'text/plain', 'The body is larger than http.maxBodyBytes\n'); return }
  const device = parseOtaRequest(name => String(request.headers[name] ?? ''), body)
  options.languages.remember(device.deviceId, device.language ?? '')
  const now = new Date()
  answer(response, 200, 'application/json', otaAnswer({
    websocketUrl: websocketUrl(options, request),
    version: device.version,
    nowMs: now.getTime(),
    timeZoneOffsetMinutes: -now.getTimezoneOffset()
  }))
}

// The device reached us under this host; whatever name or address that is, it works from there.
function websocketUrl (options: HttpServerOptions, request: IncomingMessage): string {
  const { publicHost } = options.config.gateway
  const asked = /^(\[[^\]]+\]|[^:]+)/.exec(request.headers.host ?? '')?.[1]
  const host = publicHost || asked || request.socket.localAddress || 'localhost'
  return `ws://${host}:${options.gatewayPort()}${WEBSOCKET_PATH}`
}

/** @returns undefined when the body is larger than allowed */
async function readBody (request: IncomingMessage, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= limit) chunks.push(chunk)
  }
  return bytes <= limit ? Buffer.concat(chunks).toString() : undefined
}

// With a length and never chunked: some firmware mis-reads chunks that span two segments.
function answer (response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent) return
  response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, 'Content-Length': Buffer.byteLength(body), Connection: 'close' })
  response.end(body)
}
