import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '../core/config-schema.js'
import type { Activation } from './activation.js'
import { busyAnswer, jsonAnswer, textAnswer, type Outcome } from './answer.js'
import type { Downloads } from './download.js'
import { Gate } from './gate.js'
import { DOWNLOAD_PATH, OTA_PATH, VISION_PATH, type PublicUrls } from './public-urls.js'
import { OPERATOR_PATH, type Operator } from './operator.js'
import type { Registration } from './registration.js'
import { readBody } from './request-body.js'
import type { Vision } from './vision.js'
import type { WebCounts } from './web-counts.js'

export interface WebRoutesParts {
  readonly config: Config['http']
  readonly counts: WebCounts
  readonly urls: PublicUrls
  readonly registration: Registration
  readonly activation: Activation
  readonly downloads: Downloads
  readonly vision: Vision
  readonly operator: Operator
  /** State of the server; rejects when the gateway does not answer in time. */
  readonly health: () => Promise<Readonly<Record<string, unknown>>>
}

type Route = (request: IncomingMessage, response: ServerResponse) => Promise<Outcome> | Outcome

/** What there is on the HTTP port. */
export class WebRoutes {
  readonly #parts: WebRoutesParts
  readonly #gate: Gate
  readonly #routes: Readonly<Record<string, Route>>

  constructor (parts: WebRoutesParts) {
    const { urls, registration, activation, vision } = parts
    this.#parts = parts
    this.#gate = new Gate(parts.config.maxRequests)
    this.#routes = {
      [`POST ${OTA_PATH}`]: request => this.#withBody(request, body => registration.answer(request, body)),
      [`POST ${OTA_PATH}/activate`]: request => this.#withBody(request, body => activation.answer(request, body)),
      [`GET ${OTA_PATH}`]: request => textAnswer(200, `OTA接口运行正常，向设备发送的websocket地址是：${urls.websocket(request)}\nThe registration address works; devices are sent to the address above.\n`),
      [`POST ${VISION_PATH}`]: request => vision.answer(request),
      [`GET ${VISION_PATH}`]: request => textAnswer(200, `MCP Vision 接口运行正常，视觉解释接口地址是：${urls.vision(request)}\n`),
      'GET /healthz': () => this.#health()
    }
  }

  async answer (request: IncomingMessage, response: ServerResponse): Promise<Outcome> {
    const path = (request.url ?? '/').split('?')[0]!
    if (request.method === 'OPTIONS') return textAnswer(200, '', { 'Access-Control-Allow-Methods': 'GET, POST, OPTIONS' })
    const method = request.method === 'HEAD' ? 'GET' : request.method ?? ''
    if (method === 'GET' && path.startsWith(DOWNLOAD_PATH)) return await this.#parts.downloads.answer(request, response, path.slice(DOWNLOAD_PATH.length))
    if (method === 'POST' && path.startsWith(OPERATOR_PATH) && this.#parts.operator.isOn) {
      return await this.#withBody(request, body => this.#parts.operator.answer(request, path.slice(OPERATOR_PATH.length), body))
    }
    const route = this.#routes[`${method} ${withoutEnd(path)}`] // firmware follows no redirect
    if (route !== undefined) return await route(request, response)
    this.#parts.counts.count('unknownPaths')
    return textAnswer(404, 'There is nothing here; devices register at /xiaozhi/ota/\n')
  }

  // A place is taken only for a body that is there: who sends slowly keeps nobody else away.
  async #withBody (request: IncomingMessage, answer: (body: string) => Promise<Outcome>): Promise<Outcome> {
    const { config, counts } = this.#parts
    const body = await readBody(request, config.maxBodyBytes)
    if (body === undefined) {
      counts.count('oversizeBodies')
      return textAnswer(413, 'The body is larger than http.maxBodyBytes\n')
    }
    if (!this.#gate.enter()) return busyAnswer('too many registrations')
    try {
      return await answer(body)
    } finally {
      this.#gate.leave()
    }
  }

  async #health (): Promise<Outcome> {
    return jsonAnswer(200, JSON.stringify({ ...await this.#parts.health(), web: this.#figures() }))
  }

  #figures (): Readonly<Record<string, number>> {
    const { registration, activation, counts, downloads, operator, vision } = this.#parts
    return {
      ...counts.figures,
      registrations: this.#gate.taken,
      refusedRegistrations: this.#gate.refused,
      ...registration.figures,
      ...activation.figures,
      refusedOrders: operator.refused,
      downloads: downloads.gate.taken,
      refusedDownloads: downloads.gate.refused,
      uploads: vision.gate.taken,
      refusedUploads: vision.gate.refused,
      ...vision.figures
    }
  }
}

// By hand: of slashes that do not end the path, a pattern would look at each as often as there are.
function withoutEnd (path: string): string {
  let end = path.length
  while (end > 0 && path[end - 1] === '/') end--
  return path.slice(0, end)
}
