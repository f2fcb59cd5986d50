import type { DeviceLink } from './device-link.js'
import type { ToolDevice } from './ports.js'

/** A device as those see it who keep its tools. */
export class ToolLine implements ToolDevice {
  readonly deviceId: string
  readonly #link: DeviceLink

  constructor (link: DeviceLink, deviceId: string) {
    this.#link = link
    this.deviceId = deviceId
  }

  sendToolText (text: string): void { this.#link.text(text) }
  showToolCall (name: string): void { this.#link.stt(`% ${name}`) }
}
