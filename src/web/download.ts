import type { IncomingMessage, ServerResponse } from 'node:http'
import send from 'send'
import { busyAnswer, CORS_HEADERS, sendAnswer, textAnswer, type Outcome } from './answer.js'
import { firmwareName, type FirmwareCatalogue } from './firmware-catalogue.js'
import { Gate } from './gate.js'

export interface DownloadOptions {
  readonly maxDownloads: number
  readonly timeoutMs: number
}

/** `GET /xiaozhi/ota/download/<file>`: a firmware file, whole or by range, with its length. */
export class Downloads {
  readonly gate: Gate
  readonly #catalogue: FirmwareCatalogue
  readonly #timeoutMs: number

  constructor (catalogue: FirmwareCatalogue, options: DownloadOptions) {
    this.gate = new Gate(options.maxDownloads)
    this.#catalogue = catalogue
    this.#timeoutMs = options.timeoutMs
  }

  async answer (request: IncomingMessage, response: ServerResponse, name: string): Promise<Outcome> {
    if (!firmwareName.test(name)) return textAnswer(400, 'invalid filename\n')
    const found = (await this.#catalogue.files()).find(({ file }) => file === name)
    if (found === undefined) return textAnswer(404, 'file not found\n')
    if (!this.gate.enter()) return busyAnswer('too many downloads')
    try {
      await this.#send(request, response, found.folder, name)
    } finally {
      this.gate.leave()
    }
    return 'sent'
  }

  /** Resolves when the connection is done with, however it ended. */
  async #send (request: IncomingMessage, response: ServerResponse, root: string, name: string): Promise<void> {
    // A client that takes a byte now and then would hold its place for ever.
    const timer = setTimeout(() => { response.destroy() }, this.#timeoutMs)
    const closed = new Promise<void>(resolve => { response.once('close', resolve) })
    for (const [header, value] of Object.entries(CORS_HEADERS)) response.setHeader(header, value)
    response.setHeader('Connection', 'close')
    send(request, name, { root, index: false, dotfiles: 'deny', cacheControl: false })
      .on('error', ({ status = 500 }: { status?: number }) => {
        // With a range that is not in the file, `send` names the length of the file.
        const range = response.getHeader('Content-Range')
        for (const header of response.getHeaderNames()) response.removeHeader(header)
        sendAnswer(response, textAnswer(status, status === 404 ? 'file not found\n' : 'download error\n', range === undefined ? {} : { 'Content-Range': String(range) }))
      })
      .on('directory', () => { sendAnswer(response, textAnswer(404, 'file not found\n')) })
      .pipe(response)
    if (!response.destroyed) await closed
    clearTimeout(timer)
  }
}
