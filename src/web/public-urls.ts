import type { IncomingMessage } from 'node:http'
import type { Config } from '../core/config-schema.js'

export const WEBSOCKET_PATH = '/xiaozhi/v1/'
export const OTA_PATH = '/xiaozhi/ota'
export const DOWNLOAD_PATH = '/xiaozhi/ota/download/'
export const VISION_PATH = '/mcp/vision/explain'

/** Where devices talk; the ports may have been chosen freely. */
export interface DevicePorts {
  readonly gatewayPort: number
  /** Of the built-in broker; 0 where there is none. */
  readonly mqttPort: number
}

type Asked = Pick<IncomingMessage, 'headers' | 'socket'>

/** Addresses that a device is told: it reached us under some host, which works from there. */
export class PublicUrls {
  readonly #config: Config
  readonly #ports: DevicePorts

  constructor (config: Config, ports: DevicePorts) {
    this.#config = config
    this.#ports = ports
  }

  websocket (request: Asked): string {
    const { publicUrl, publicHost } = this.#config.gateway
    return publicUrl || `ws://${publicHost || hostOf(request)}:${this.#ports.gatewayPort}${WEBSOCKET_PATH}`
  }

  /** `host:port` of the broker; undefined where devices shall use WebSocket. */
  mqtt (request: Asked): string | undefined {
    const { mqtt: { endpoint, offer }, gateway: { publicUrl, publicHost } } = this.#config
    if (endpoint !== '') return endpoint
    if (!offer || this.#ports.mqttPort === 0) return undefined
    const host = publicHost || (publicUrl === '' ? hostOf(request) : new URL(publicUrl).hostname)
    return `${host}:${this.#ports.mqttPort}`
  }

  firmware (request: Asked, file: string): string { return this.#here(request) + DOWNLOAD_PATH + file }
  vision (request: Asked): string { return this.#here(request) + VISION_PATH }

  #here (request: Asked): string {
    const { host, port = `:${request.socket.localPort ?? ''}` } = askedOf(request)
    return baseUrl(this.#config, `${host}${port}`)
  }
}

/**
 * Where a device that talks over another port sends its pictures.
 * @param host of this machine, as devices reach it
 */
export function visionUrl (config: Config, host: string, port: number): string {
  return baseUrl(config, `${host}:${port}`) + VISION_PATH
}

function baseUrl ({ http: { publicUrl } }: Config, authority: string): string {
  return publicUrl === '' ? `http://${authority}` : publicUrl.replace(/\/+$/, '')
}

function hostOf (request: Asked): string { return askedOf(request).host }

// The header is the device's own word, and goes back to that device only.
function askedOf (request: Asked): { readonly host: string, readonly port?: string } {
  const [, host, port = ''] = /^(\[[0-9a-f:.]{2,45}\]|[\w.-]{1,253})(:\d{1,5})?$/i.exec(request.headers.host ?? '') ?? []
  if (host !== undefined) return { host, port }
  const own = request.socket.localAddress?.replace(/^::ffff:/i, '') ?? 'localhost'
  return { host: own.includes(':') ? `[${own}]` : own }
}
