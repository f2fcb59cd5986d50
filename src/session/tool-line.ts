import { sttMessage } from '../protocol/server-message.js'
import type { Line, ToolDevice } from './ports.js'

/** A device as those see it who keep its tools. */
export class ToolLine implements ToolDevice {
  readonly deviceId: string
  readonly #sessionId: string
  readonly #line: Line

  constructor (sessionId: string, deviceId: string, line: Line) {
    this.#sessionId = sessionId
    this.deviceId = deviceId
    this.#line = line
  }

  sendToolText (text: string): void { this.#line.sendText(text) }
  showToolCall (name: string): void { this.#line.sendText(sttMessage(this.#sessionId, `% ${name}`)) }
}
