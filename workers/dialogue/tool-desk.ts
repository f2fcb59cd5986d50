import type { MessagePort } from 'node:worker_threads'
import type { Config } from '../../src/core/config-schema.js'
import type { ToolNews, ToolOrder } from '../../src/ring/worker-messages.js'
import { DeviceTools } from '../../src/tools/device-tools.js'
import { ToolSets } from '../../src/tools/tool-set.js'
import { systemTimer, type Toolbox, type ToolLog } from '../../src/tools/toolbox.js'

/** The tools of the devices whose conversations this worker keeps, from their hello on. */
export class ToolDesk {
  readonly #config: Config['tools']
  readonly #port: MessagePort
  readonly #log: ToolLog
  readonly #sets: ToolSets
  /** By the number of the conversation. */
  readonly #devices = new Map<number, DeviceTools>()

  constructor (config: Config['tools'], port: MessagePort, log: ToolLog) {
    this.#config = config
    this.#port = port
    this.#log = log
    this.#sets = new ToolSets(config)
    port.on('message', (news: ToolNews) => { this.#onNews(news) })
  }

  find (conversation: number): Toolbox | undefined { return this.#devices.get(conversation) }

  /** Shows on the device's screen what is called. */
  show (conversation: number, name: string): void {
    if (this.#config.showCalls) this.#port.postMessage({ kind: 'show', conversation, name } satisfies ToolOrder)
  }

  close (): void {
    for (const device of this.#devices.values()) device.close()
    this.#devices.clear()
  }

  #onNews (news: ToolNews): void {
    const { conversation } = news
    const device = this.#devices.get(conversation)
    if (news.kind === 'open') this.#open(news)
    else if (news.kind === 'text') device?.receive(news.text)
    else {
      this.#devices.delete(conversation)
      device?.close()
    }
  }

  #open ({ conversation, mcp }: Extract<ToolNews, { kind: 'open' }>): void {
    const device = new DeviceTools({
      send: text => { this.#port.postMessage({ kind: 'send', conversation, text } satisfies ToolOrder) },
      timer: systemTimer,
      limits: this.#config,
      sets: this.#sets,
      log: (level, message, fields) => { this.#log(level, message, { conversation, ...fields }) }
    })
    this.#devices.set(conversation, device)
    if (mcp !== undefined) void device.startMcp(mcp.vision)
  }
}
