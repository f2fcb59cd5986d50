import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { makeConfig } from '../../src/core/config.js'
import type { DeviceDirectory } from '../../src/core/device-directory.js'
import { createWebServer, type WebOptions } from '../../src/web/create-web-server.js'
import { MemoryDirectory } from './memory-directory.js'
import type { Explainer } from '../../src/web/vision.js'

export interface WebRigOptions {
  readonly settings?: Readonly<Record<string, unknown>>
  /** Files of the data folder, by path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly directory?: DeviceDirectory
  readonly explainer?: Explainer
  readonly obey?: WebOptions['obey']
  readonly mqttPort?: number
  readonly health?: () => Promise<Readonly<Record<string, unknown>>>
}

export interface WireAnswer { readonly status: number, readonly headers: ReadonlyMap<string, string>, readonly body: string }

export const SERVER_KEY = 'server-key'
export const DEVICE_ID = 'aa:bb:cc:dd:ee:ff'
export const CLIENT_ID = '00000000-0000-4000-8000-000000000001'

/** A web server on the loopback, its data folder and what it told. */
export async function makeWebRig (t: TestContext, options: WebRigOptions = {}) {
  const data = await mkdtemp(join(tmpdir(), 'chorus-web-'))
  t.after(() => rm(data, { recursive: true, force: true }))
  for (const [file, content] of Object.entries(options.files ?? {})) {
    await mkdir(dirname(join(data, file)), { recursive: true })
    await writeFile(join(data, file), content)
  }
  const config = makeConfig({ data, 'http.host': '127.0.0.1', 'http.port': 0, 'ota.firmwareScanMs': 0, ...options.settings })
  const memory = new MemoryDirectory()
  const languages: string[] = []
  const warnings: string[] = []
  const server = await createWebServer({
    config,
    gatewayPort: 8123,
    mqttPort: options.mqttPort ?? 0,
    serverKey: SERVER_KEY,
    directory: options.directory ?? memory,
    explainer: options.explainer,
    health: options.health ?? (() => Promise.resolve({ status: 'ok', sessions: 3 })),
    obey: options.obey ?? (() => Promise.resolve('offline')),
    onLanguage: (deviceId, tag) => { languages.push(`${deviceId} ${tag}`) },
    warn: (what, why) => { warnings.push(`${what}: ${why}`) }
  })
  t.after(() => server.close())
  const port = await server.listen()
  return { port, data, memory, languages, warnings, send: (request: string | Uint8Array) => exchange(port, request) }
}

/** Down to the bytes: a client library would hide chunks and redirects. */
export async function exchange (port: number, request: string | Uint8Array): Promise<WireAnswer> {
  const socket = connect({ port, host: '127.0.0.1' })
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => { chunks.push(chunk) })
  socket.on('error', () => {})
  socket.write(request)
  await once(socket, 'close', { signal: AbortSignal.timeout(20_000) })
  const text = Buffer.concat(chunks).toString()
  const at = text.indexOf('\r\n\r\n')
  const [line = '', ...lines] = text.slice(0, at).split('\r\n')
  const headers = new Map(lines.map(header => {
    const colon = header.indexOf(':')
    return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()] as const
  }))
  return { status: Number(line.split(' ')[1]), headers, body: text.slice(at + 4) }
}

export type Headers = Readonly<Record<string, string>>

export const deviceHeaders: Headers = { 'Device-Id': DEVICE_ID, 'Client-Id': CLIENT_ID, 'Accept-Language': 'zh-CN', 'User-Agent': 'bread-compact-wifi/2.4.2' }

export function post (path: string, body: string, headers: Headers = deviceHeaders): string {
  return head(`POST ${path}`, { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)), ...headers }) + body
}

export function get (path: string, headers: Headers = {}): string { return head(`GET ${path}`, headers) }

export function head (line: string, headers: Headers): string {
  const fields = { Host: 'voice.local:8003', Connection: 'close', ...headers }
  return `${line} HTTP/1.1\r\n${Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

/** What every answer owes to a device. */
export function assertPlain ({ status, headers, body }: WireAnswer): void {
  assert.equal(headers.get('content-length'), String(Buffer.byteLength(body)))
  assert.equal(headers.has('transfer-encoding'), false)
  assert.equal(headers.get('connection'), 'close')
  assert.equal(headers.get('access-control-allow-origin'), '*')
  assert.ok(status < 300 || status >= 400, `a redirect: ${status}`)
}

export interface OtaBlocks {
  readonly server_time: { readonly timestamp: number, readonly timezone_offset: number }
  readonly websocket: { readonly url: string, readonly token: string, readonly version: number }
  readonly firmware?: { readonly version: string, readonly url: string, readonly force?: number }
  readonly activation?: { readonly code: string, readonly message: string, readonly challenge: string, readonly timeout_ms: number }
  readonly mqtt?: Readonly<Record<string, string>>
}

export function otaOf (answer: WireAnswer): OtaBlocks {
  assert.equal(answer.status, 200, answer.body)
  assertPlain(answer)
  return JSON.parse(answer.body) as OtaBlocks
}

/** The report of a device with a board and a version. */
export function report (version = '2.4.2', board = 'bread-compact-wifi'): string {
  return JSON.stringify({ application: { version }, board: { type: board } })
}
