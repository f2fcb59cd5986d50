import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Order, Receipt } from '../core/orders.js'
import { parseOrder } from '../protocol/order.js'
import { jsonAnswer, textAnswer, type Outcome } from './answer.js'

export const OPERATOR_PATH = '/operator/devices/'

export interface OperatorParts {
  /** Empty: there is no such address. */
  readonly secret: string
  /** `started`: it is under way when the time to wait for it is over. */
  readonly obey: (deviceId: string, order: Order) => Promise<Receipt | 'started'>
}

const STATUS: Readonly<Record<Receipt | 'started', number>> = { sent: 200, spoken: 200, cut: 200, started: 202, busy: 409, unable: 501, offline: 404 }

/** `POST /operator/devices/<Device-Id>`: what an operator wants a connected device to do. */
export class Operator {
  readonly #parts: OperatorParts
  #refused = 0

  constructor (parts: OperatorParts) {
    this.#parts = parts
  }

  get isOn (): boolean { return this.#parts.secret !== '' }
  /** Orders without the secret, since the start. */
  get refused (): number { return this.#refused }

  /** @param deviceId as it stands in the address */
  async answer (request: IncomingMessage, deviceId: string, body: string): Promise<Outcome> {
    if (!this.#isAllowed(request.headers.authorization ?? '')) {
      this.#refused++
      return textAnswer(401, 'Authorization: Bearer with http.operatorSecret is missing or wrong\n')
    }
    const order = parseOrder(body)
    if (typeof order === 'string') return textAnswer(400, `${order}\n`)
    const receipt = await this.#parts.obey(decode(deviceId).toLowerCase(), order)
    return jsonAnswer(STATUS[receipt], JSON.stringify({ receipt }))
  }

  // In a time that does not depend on where they differ.
  #isAllowed (authorization: string): boolean {
    const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
    return timingSafeEqual(digest(authorization.replace(/^Bearer +/i, '')), digest(this.#parts.secret))
  }
}

function decode (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a lone percent sign: no device has such an id
  }
}
