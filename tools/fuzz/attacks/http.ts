import { activationProof, otaReport } from '../device-messages.js'
import { exchange, pause, send, VISION_TOKEN, type Exchange, type Target } from '../exchange.js'
import { mutateBytes } from '../mutate-bytes.js'
import { mutateJson, varyJson } from '../mutate-json.js'
import type { Random } from '../random.js'
import { attackerId, clientIdOf, type Attack } from './attack.js'

const MAX_BODY_BYTES = 40_000
/** Answers of the web port take a moment, and what comes later is not counted. */
const ANSWER_MS = 100
const BOUNDARY = 'ESP32_CAMERA_BOUNDARY'

interface Request {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
}

/** Attacks by HTTP: rubbish on both ports, and what devices ask for, mutated. */
export const httpAttacks: readonly Attack[] = [
  { kind: 'http garbage, gateway', weight: 2, make: random => garbage(random, 'gateway') },
  { kind: 'http garbage, web', weight: 2, make: random => garbage(random, 'web') },
  { kind: 'http requests', weight: 2, make: random => ask(random, 'http requests', hostileRequest(random)) },
  { kind: 'http ota', weight: 4, make: random => ask(random, 'http ota', registration(random)) },
  { kind: 'http activation', weight: 2, make: random => ask(random, 'http activation', activation(random)) },
  { kind: 'http vision', weight: 3, make: random => ask(random, 'http vision', upload(random)) }
]

function ask (random: Random, kind: string, request: Request): Exchange {
  const bytes = formatRequest(random, request)
  const cut = random.chance(0.2) ? random.below(bytes.length) : bytes.length
  return exchange(kind, 'web', [send(bytes.subarray(0, cut)), pause(ANSWER_MS)])
}

function garbage (random: Random, target: Target): Exchange {
  const request = formatRequest(random, { method: 'GET', path: '/xiaozhi/v1/', headers: { 'Device-Id': attackerId(random) } })
  const chunked = 'POST /xiaozhi/ota/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
  const bytes = random.pick([
    () => random.bytes(random.between(1, 2000)),
    () => mutateBytes(random, request, 20_000),
    () => Buffer.from(`GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(random.pick([100, 2000]))}\r\n`),
    () => Buffer.from(`GET /${'a'.repeat(random.pick([8000, 70_000]))} HTTP/1.1\r\nHost: x\r\n\r\n`),
    () => Buffer.from(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${random.pick(['-1', '1e9', '99999999999999999999', '5, 6', '\x00'])}\r\n\r\nhello`),
    () => Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n'),
    () => Buffer.from(`${chunked}${random.pick(['fffffffff\r\n', '-1\r\n', `${'0'.repeat(5000)}1\r\nx\r\n`, '5\r\nhell', '1;x=y\r\nz\r\n0\r\n\r\n'])}`),
    () => Buffer.concat(Array.from({ length: random.between(2, 30) }, () => request)),
    () => Buffer.concat([Buffer.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3), random.bytes(200)])
  ])()
  return exchange(`http garbage, ${target}`, target, [send(bytes), pause(ANSWER_MS)])
}

function hostileRequest (random: Random): Request {
  const name = random.pick(['a.bin', '../../chorus.db', '..%2f..%2fchorus.db', '%00', 'x'.repeat(3000), '', '__proto__'])
  const path = random.pick([
    '/healthz', '/xiaozhi/ota/', '/mcp/vision/explain', `/xiaozhi/otaMag/download/${name}`, `/xiaozhi/ota/download/${name}`, `/operator/devices/${attackerId(random)}`,
    `/${'/'.repeat(random.pick([10, 7000]))}x`, '//', '/?'.repeat(500), '*', 'http://other/', '/constructor', '/xiaozhi/ota/?%zz'
  ])
  const headers = { Range: random.pick(['bytes=0-', 'bytes=-1', 'bytes=5-2', 'bytes=0-99999999999', 'bytes=0-0,1-1,2-2', 'x']) }
  return { method: random.pick(['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE', 'TRACE', 'CONNECT', 'get', 'X'.repeat(30)]), path, headers }
}

function registration (random: Random): Request {
  const body = random.chance(0.3) ? Buffer.from(varyJson(random, otaReport)) : mutateJson(random, otaReport, MAX_BODY_BYTES)
  return { method: 'POST', path: '/xiaozhi/ota/', headers: deviceHeaders(random), body }
}

function activation (random: Random): Request {
  return { method: 'POST', path: '/xiaozhi/ota/activate', headers: deviceHeaders(random), body: mutateJson(random, activationProof, MAX_BODY_BYTES) }
}

function upload (random: Random): Request {
  const part = (disposition: string, body: Buffer): Buffer => Buffer.concat([Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`), body, Buffer.from('\r\n')])
  const picture = Buffer.concat([Buffer.from('ffd8ffe000104a464946', 'hex'), random.bytes(random.pick([0, 100, 5000]))])
  const parts = [
    part('name="question"', Buffer.from('What is this?')),
    part('name="file"; filename="camera.jpg"\r\nContent-Type: image/jpeg', picture)
  ]
  if (random.chance(0.5)) parts.reverse()
  const form = Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)])
  const headers = {
    Authorization: `Bearer ${random.chance(0.9) ? VISION_TOKEN : 'a.b.c'}`,
    'Content-Type': random.chance(0.9) ? `multipart/form-data; boundary=${BOUNDARY}` : random.pick(['multipart/form-data', 'multipart/form-data; boundary=', 'text/plain', `multipart/form-data; boundary="${'x'.repeat(300)}"`])
  }
  return { method: 'POST', path: '/mcp/vision/explain', headers, body: random.chance(0.2) ? form : mutateBytes(random, form, MAX_BODY_BYTES) }
}

function deviceHeaders (random: Random): Record<string, string> {
  const deviceId = attackerId(random)
  return {
    'Device-Id': random.chance(0.8) ? deviceId : random.pick(['', 'x|y', 'x'.repeat(200), '::', '__proto__']),
    'Client-Id': random.chance(0.8) ? clientIdOf(deviceId) : random.pick(['', 'x|y', 'x'.repeat(200)]),
    'Content-Type': 'application/json',
    'User-Agent': random.pick(['bread-compact-wifi/2.4.2', '/', 'a/b/c', `x/${'1.'.repeat(500)}`]),
    ...(random.chance(0.3) ? { 'Accept-Language': random.pick(['zh-CN', ';;;', 'x'.repeat(500)]) } : {}),
    ...(random.chance(0.2) ? { 'Serial-Number': random.pick(['SN00000001', '', 'x'.repeat(500)]), 'Activation-Version': '2' } : {}),
    ...(random.chance(0.2) ? { Host: random.pick(['', '[::1', 'x'.repeat(300), 'a:99999']) } : {})
  }
}

function formatRequest (random: Random, { method, path, headers = {}, body = Buffer.alloc(0) }: Request): Buffer {
  const isChunked = body.length > 0 && random.chance(0.3)
  const framing = isChunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': String(body.length + (random.chance(0.05) ? random.between(-5, 500) : 0)) }
  const all = { Host: '127.0.0.1', ...framing, ...headers }
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
  return Buffer.concat([head, isChunked ? chunked(random, body) : body])
}

function chunked (random: Random, body: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; at < body.length;) {
    const chunk = body.subarray(at, at + random.between(1, 2000))
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
    at += chunk.length
  }
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')])
}
