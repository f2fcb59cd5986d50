import type { JsonObject } from '../../simulator/types.js'
import { isClosed } from '../arrivals.js'
import type { CaseContext } from '../case-context.js'
import { pause } from '../device-link.js'
import { askHttp, type HttpAnswer } from '../http.js'
import { commonTools } from '../mcp-device.js'
import type { ConformanceCase } from '../conformance-case.js'
import { check, checkEqual } from '../verdicts.js'

const BOUNDARY = '----ESP32_CAMERA_BOUNDARY'
// The smallest file that begins and ends as a JPEG.
const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex')

interface Vision { readonly url: string, readonly token: string }

async function findVision (context: CaseContext): Promise<Vision> {
  const { mcp } = await context.openMcp({ tools: [...commonTools, { name: 'self.camera.take_photo', description: 'Take a photo', inputSchema: { type: 'object', properties: {} } }] })
  for (let waited = 0; mcp.of('initialize').length === 0 && waited < 5000; waited += 50) await pause(50)
  const capabilities = (mcp.of('initialize')[0]?.['params'] as JsonObject | undefined)?.['capabilities'] as JsonObject | undefined
  const vision = capabilities?.['vision'] as JsonObject | undefined
  if (vision === undefined) throw context.missing('initialize offers no capabilities.vision')
  check(typeof vision['url'] === 'string', 'vision.url', vision)
  return { url: vision['url'], token: typeof vision['token'] === 'string' ? vision['token'] : '' }
}

function upload ({ url, token }: Vision, image: Uint8Array, question = 'What is this?'): Promise<HttpAnswer> {
  const chunks = [
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="question"\r\n\r\n${question}\r\n`),
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="camera.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`),
    ...Array.from({ length: Math.ceil(image.length / 512) }, (_, index) => image.subarray(index * 512, index * 512 + 512)),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`)
  ]
  return askHttp(url, {
    method: 'POST', chunks,
    headers: { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`, ...(token === '' ? {} : { Authorization: `Bearer ${token}` }) }
  })
}

const cases: readonly ConformanceCase[] = [
  {
    id: 'T118', title: 'an address for pictures that devices can reach',
    run: async context => {
      const { url } = await findVision(context)
      check(/^https?:\/\/[^/]+\//.test(url), 'an http address', url)
      check(!/\/\/localhost\b/.test(url), 'no localhost', url)
    }
  },
  {
    id: 'T119', title: 'a picture in chunks is answered',
    run: async context => {
      const { status, headers, text, tookMs, json } = await upload(await findVision(context), JPEG)
      checkEqual(status, 200, 'status')
      check(json !== undefined, 'JSON', text)
      if (context.target.model !== undefined) {
        checkEqual(json['success'], true, 'success')
        check(text.includes('some seconds to say aloud'), 'what the model says of it', text)
      }
      check(headers['content-length'] !== undefined && headers['transfer-encoding'] === undefined, 'Content-Length, not chunks', headers)
      check(Buffer.byteLength(text) < 8192, 'less than 8 KB')
      check(tookMs < 25_000, 'an answer in 25 s')
    }
  },
  {
    id: 'T120', title: 'a picture with a bad token is refused',
    run: async context => {
      const { status, text } = await upload({ ...await findVision(context), token: 'bad' }, JPEG)
      checkEqual(status, 401, 'status')
      check(text.length < 512, 'a short body')
    }
  },
  {
    id: 'T121', title: 'a slow vision model is apologised for',
    run: async context => {
      const question = context.model.plan({ kind: 'hang' })
      const { status, tookMs, json } = await upload(await findVision(context), JPEG, question)
      check(context.model.requestsFor(question).length > 0, 'the vision model to be asked')
      checkEqual(status, 200, 'status')
      check(tookMs < 25_000, 'an answer in 25 s', `${Math.round(tookMs)} ms`)
      check(Object.values(json ?? {}).some(value => typeof value === 'string' && value.length > 10), 'an apology in it', json)
    }
  },
  {
    id: 'T122', title: 'a huge picture is refused',
    run: async context => {
      const vision = await findVision(context)
      const answer = await upload(vision, Buffer.alloc(12 * 1024 * 1024, 0xff)).catch(() => undefined)
      check(answer === undefined || answer.status === 413, 'status 413, or an end', answer?.status)
    }
  },
  {
    id: 'T123', title: 'a device that is busy with its camera is not dead',
    run: async context => {
      const device = await context.open()
      device.listen('auto')
      await device.speak(context.target.clips.question.slice(0, 5))
      await pause(Math.min(6000, context.timers.idleMs - 2000))
      await device.refuse('an end', isClosed, 0)
      for (const packet of context.target.clips.question.slice(0, 40)) device.sendPacket(packet)
      await device.refuse('an end', isClosed, 500)
      device.abort()
      await context.ask(device, 'Hello?')
    }
  }
]

/** Pictures come by HTTP; only the last one is about the device's own connection. */
export const visionCases = cases.map(one => one.id === 'T123' ? one : { ...one, isDialectFree: true })
