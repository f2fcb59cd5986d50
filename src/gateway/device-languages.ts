import { primarySubtag } from '../protocol/language-tag.js'

/** Devices whose language is remembered; a device tells it at every boot, so the oldest may go. */
const MAX_DEVICES = 100_000

/**
 * Which language each device speaks. It says so when it registers over HTTP; its WebSocket upgrade
 * names only itself.
 */
export class DeviceLanguages {
  readonly #languages = new Map<string, string>()

  /** @param tag `Accept-Language` or a locale: `zh-CN`, `en_US`, `de-DE,de;q=0.9` */
  remember (deviceId: string, tag: string): void {
    const language = primarySubtag(tag)
    if (deviceId === '' || language === undefined) return
    this.#languages.delete(deviceId)
    this.#languages.set(deviceId, language)
    if (this.#languages.size <= MAX_DEVICES) return
    const oldest = this.#languages.keys().next()
    if (oldest.done !== true) this.#languages.delete(oldest.value)
  }

  find (deviceId: string): string | undefined { return this.#languages.get(deviceId) }
}
