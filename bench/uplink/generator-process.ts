import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { GeneratorReport } from './generator.js'
import type { UplinkOptions } from './types.js'

const PATIENCE_MS = 120_000

type GeneratorMessage = { readonly kind: 'ready' } | GeneratorReport

/** The devices, in a process of their own. */
export class GeneratorProcess {
  readonly pid: number
  readonly #child
  readonly #ended: Promise<never>

  constructor (port: number, { devices, speechPercent, pause }: Pick<UplinkOptions, 'devices' | 'speechPercent' | 'pause'>) {
    const args = [String(port), String(devices), String(speechPercent), pause]
    this.#child = fork(fileURLToPath(new URL('./generator.js', import.meta.url)), args)
    this.pid = this.#child.pid!
    this.#ended = once(this.#child, 'exit').then(([code, signal]) => { throw new Error(`the generator ended with ${code ?? signal}`) })
    this.#ended.catch(() => {}) // it may end once it has reported
  }

  async ready (): Promise<void> { await this.#next() }

  tell (message: 'start' | 'stop'): void { this.#child.send(message) }

  async report (): Promise<GeneratorReport> {
    const message = await this.#next()
    if (message.kind !== 'report') throw new Error('the generator did not report')
    return message
  }

  close (): void { if (this.#child.connected) this.#child.disconnect() }

  async #next (): Promise<GeneratorMessage> {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const [message] = await Promise.race([once(this.#child, 'message', { signal }), this.#ended]) as [GeneratorMessage]
    return message
  }
}
