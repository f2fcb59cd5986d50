import assert from 'node:assert/strict'
import { VisionTokens } from '../../src/protocol/vision-token.js'
import { answerTo, closed, freshAddress, openSockets, PROXY } from './attackers.js'
import type { Attack } from './attack.js'
import { CODES_PER_ADDRESS, OPERATOR_SECRET, SHARED_KEY, type Siege } from './siege.js'

const OTA = '/xiaozhi/ota/'
const ACTIVATE = '/xiaozhi/ota/activate'
const VISION = '/mcp/vision/explain'
const TOO_LONG = 'x'.repeat(1_000_000)
const PICTURE_BYTES = 5 * 2 ** 20 + 1 // vision.maxImageBytes, and one
/** http.maxConnectionsPerAddress; twice as many are not even listened to. */
const PER_ADDRESS = 512
const STRANGER = '127.0.0.2'

type Headers = Readonly<Record<string, string>>

/** A request from the internet; resolves with the status. */
async function post ({ httpPort }: Siege, path: string, body: string, headers: Headers = {}, address = freshAddress()): Promise<number> {
  const fields = { Host: 'x', 'X-Forwarded-For': address, 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close', ...headers }
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const answer = await answerTo(httpPort, `POST ${path} HTTP/1.1\r\n${head}\r\n${body}`, PROXY)
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
}

function device (number: number): Headers {
  return { 'Device-Id': `02:00:00:00:02:${String(number).padStart(2, '0')}`, 'Client-Id': 'invented' }
}

function form (bytes: number): { readonly body: string, readonly headers: Headers } {
  const body = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n' +
    `\xff\xd8\xff${'j'.repeat(bytes)}\r\n--b--\r\n`
  return { body, headers: { 'Content-Type': 'multipart/form-data; boundary=b' } }
}

export const webAttacks: readonly Attack[] = [
  {
    name: 'bodies over the limit are refused by registration, activation and orders (T158)',
    run: siege => siege.counts({ 'web.oversizeBodies': 3 }, async () => {
      const status = async (path: string, headers: Headers): Promise<number> => {
        return (await fetch(`${siege.server.httpUrl}${path}`, { method: 'POST', body: TOO_LONG.slice(0, 60_000), headers })).status
      }
      assert.equal(await status(OTA, device(1)), 413)
      assert.equal(await status(ACTIVATE, device(1)), 413)
      assert.equal(await status('/operator/devices/x', { Authorization: `Bearer ${OPERATOR_SECRET}` }), 413)
    })
  },
  {
    name: 'a body without end is cut off',
    run: siege => siege.counts({ 'web.oversizeBodies': 1 }, async () => { await post(siege, OTA, TOO_LONG, { ...device(1), 'Content-Length': '1000000000' }) })
  },
  {
    name: 'pictures over the limit, without a token, or broken are refused',
    run: async siege => {
      const token = (await VisionTokens.create(SHARED_KEY)).sign(siege.bound.deviceId, Date.now())
      const mine = { Authorization: `Bearer ${token}`, 'Device-Id': siege.bound.deviceId }
      const large = form(PICTURE_BYTES)
      const small = form(100)
      await siege.counts({ 'web.oversizeUploads': 2, 'web.unauthorizedUploads': 4, 'web.brokenUploads': 1 }, async () => {
        assert.equal(await post(siege, VISION, large.body, { ...large.headers, ...mine }), 413)
        await post(siege, VISION, form(25 * 2 ** 20).body, { ...large.headers, ...mine }) // cut off
        assert.equal(await post(siege, VISION, small.body, small.headers), 401)
        assert.equal(await post(siege, VISION, small.body, { ...small.headers, ...mine, Authorization: 'Bearer x' }), 401)
        assert.equal(await post(siege, VISION, small.body, { ...small.headers, ...mine, Authorization: `Bearer ${token.slice(0, -2)}AA` }), 401)
        assert.equal(await post(siege, VISION, small.body, { ...small.headers, ...mine, 'Device-Id': siege.talker.deviceId }), 200) // and no word of a picture
        assert.equal(await post(siege, VISION, small.body.slice(0, 60), { ...small.headers, ...mine }), 400)
      })
    }
  },
  {
    name: 'headers over the limit, what is no HTTP, and paths that are none are refused on the HTTP port',
    run: siege => siege.counts({ 'web.oversizeHeaders': 1, 'web.brokenRequests': 3, 'web.unknownPaths': 2 }, async () => {
      assert.match(await answerTo(siege.httpPort, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`), /^(HTTP\/1\.1 431 |$)/)
      for (const bytes of ['\0\0\0\0\r\n\r\n', 'GET\r\n\r\n', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03']) {
        assert.match(await answerTo(siege.httpPort, Buffer.from(bytes, 'latin1')), /^HTTP\/1\.1 400 /)
      }
      assert.equal(await post(siege, '/etc/passwd', ''), 404)
      assert.equal(await post(siege, '/xiaozhi/ota/../../../etc/passwd', ''), 404)
    })
  },
  {
    name: 'who invents devices gets only so many codes',
    run: siege => siege.counts({ 'web.pendingAnswers': CODES_PER_ADDRESS, 'web.refusedCodes': 10 }, async () => {
      const address = freshAddress()
      for (let number = 0; number < CODES_PER_ADDRESS + 10; number++) {
        assert.equal(await post(siege, OTA, '{}', device(10 + number), address), number < CODES_PER_ADDRESS ? 200 : 503)
      }
    })
  },
  {
    name: 'who guesses challenges, devices that wait, or the operator\'s secret is refused',
    run: siege => siege.counts({ 'web.refusedProofs': 20, 'web.unknownActivations': 20, 'web.refusedOrders': 20 }, async () => {
      assert.equal(await post(siege, OTA, '{}', device(50)), 200)
      for (let guess = 0; guess < 20; guess++) {
        const proof = JSON.stringify({ serial_number: 's', challenge: `${guess}`, hmac: '0'.repeat(64) })
        assert.equal(await post(siege, ACTIVATE, proof, device(50)), 403)
        assert.equal(await post(siege, ACTIVATE, proof, { ...device(50), 'Client-Id': `guess ${guess}` }), 404)
        assert.equal(await post(siege, `/operator/devices/${siege.talker.deviceId}`, '{"kind":"reboot"}', { Authorization: `Bearer ${guess}` }), 401)
      }
    })
  },
  {
    name: 'an address gets only so many connections to the HTTP port',
    run: async siege => {
      const before = await siege.figure('web.refusedConnections')
      const sockets = await openSockets(2 * PER_ADDRESS + 100, siege.httpPort, () => '', STRANGER)
      await Promise.all(sockets.slice(-100).map(socket => closed(socket)))
      assert.equal(await siege.figure('web.refusedConnections') - before, PER_ADDRESS + 100)
      for (const socket of sockets) socket.destroy()
    }
  }
]
