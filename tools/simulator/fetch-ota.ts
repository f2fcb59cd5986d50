import { createHash, randomUUID } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'

import { parseObject } from './network-task.js'
import type { JsonObject } from './types.js'

export interface OtaOptions {
  readonly deviceId: string
  readonly clientId?: string
  readonly language?: string
  readonly version?: string
  readonly boardType?: string
  readonly boardName?: string
  /** 32 characters; devices with one announce activation version 2. */
  readonly serialNumber?: string
  readonly ssid?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  readonly allowSelfSigned?: boolean
}

export interface OtaAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** `undefined` when the body is no JSON object. */
  readonly body: JsonObject | undefined
  readonly text: string
}

const TIMEOUT_MS = 30_000
// The client of the device cannot take in more than this.
const MAX_BODY_BYTES = 8192

/**
 * Asks the OTA address as a device does at boot. @throws Error when there is no answer that a
 * device could read.
 */
export function fetchOta (url: string, options: OtaOptions): Promise<OtaAnswer> {
  const clientId = options.clientId ?? randomUUID()
  const body = formatOtaBody({ ...options, clientId })
  return post(url, body, otaHeaders(options, clientId), options)
}

/**
 * The device's report about itself. Like the firmware it escapes nothing: a quote in `ssid` breaks
 * it.
 */
export function formatOtaBody (options: OtaOptions): string {
  const { deviceId, clientId = '', version = '2.4.2', boardType = 'bread-compact-wifi', boardName = 'bread-compact-wifi' } = options
  const elf = createHash('sha256').update(version).digest('hex')
  return `{"version":2,"language":"${options.language ?? 'en-US'}","flash_size":16777216,"minimum_free_heap_size":"8318916",` +
    `"mac_address":"${deviceId}","uuid":"${clientId}","chip_model_name":"esp32s3",` +
    '"chip_info":{"model":9,"cores":2,"revision":2,"features":18},' +
    `"application":{"name":"xiaozhi","version":"${version}","compile_time":"Aug  8 2026T08:33:45Z","idf_version":"v6.0.2","elf_sha256":"${elf}"},` +
    '"partition_table":[{"label":"nvs","type":1,"subtype":2,"address":36864,"size":16384}],"ota":{"label":"ota_0"},' +
    '"display":{"monochrome":false,"width":320,"height":240},' +
    `"board":{"type":"${boardType}","name":"${boardName}","manufacturer":"","ssid":"${options.ssid ?? 'home'}","rssi":-52,"channel":6,` +
    `"ip":"192.168.1.23","mac":"${deviceId}"}}`
}

function otaHeaders (options: OtaOptions, clientId: string): Record<string, string> {
  const { deviceId, serialNumber, version = '2.4.2', boardName = 'bread-compact-wifi' } = options
  return {
    'Accept-Language': options.language ?? 'en-US',
    'Activation-Version': serialNumber === undefined ? '1' : '2',
    'Client-Id': clientId,
    Connection: 'close',
    'Content-Type': 'application/json',
    'Device-Id': deviceId,
    ...(serialNumber === undefined ? {} : { 'Serial-Number': serialNumber }),
    'User-Agent': `${boardName}/${version}`,
    ...options.headers
  }
}

// Plain node:http: it follows no redirects and decodes nothing, like the client of the device.
function post (url: string, body: string, headers: Record<string, string>, options: OtaOptions): Promise<OtaAnswer> {
  const { timeoutMs = TIMEOUT_MS, allowSelfSigned = false } = options
  const settings = {
    method: 'POST',
    headers: { ...headers, 'Content-Length': String(Buffer.byteLength(body)) },
    agent: false,
    signal: AbortSignal.timeout(timeoutMs)
  } as const
  return new Promise((resolve, reject) => {
    const take = (response: http.IncomingMessage): void => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > MAX_BODY_BYTES) response.destroy(new Error(`the OTA answer is larger than ${MAX_BODY_BYTES} bytes`))
      })
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parseObject(text), text })
      })
    }
    const request = url.startsWith('https:')
      ? https.request(url, { ...settings, rejectUnauthorized: !allowSelfSigned }, take)
      : http.request(url, settings, take)
    request.on('error', reject)
    request.end(body)
  })
}
