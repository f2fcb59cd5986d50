import type { MessagePort } from 'node:worker_threads'
import type { McpStart, ToolNews, ToolOrder } from '../ring/worker-messages.js'

/** A device whose tools are kept; a session is one. */
export interface ToolDevice {
  sendToolText (text: string): void
  showToolCall (name: string): void
}

interface Link { readonly port: MessagePort, readonly device: ToolDevice, second: number, messages: number }

/** The ways between devices and the dialogue workers that keep their tools, by conversation. */
export class ToolLinks {
  readonly #maxMessagesPerSecond: number
  readonly #ports: MessagePort[] = []
  readonly #links = new Map<number, Link>()
  readonly #now: () => number

  /** @param now milliseconds, of any clock that does not go back */
  constructor (maxMessagesPerSecond: number, now: () => number = () => performance.now()) {
    this.#maxMessagesPerSecond = maxMessagesPerSecond
    this.#now = now
  }

  /** The gateway's end of a dialogue worker's port; in the order of the workers. */
  addWorker (port: MessagePort): void {
    this.#ports.push(port)
    port.on('message', (order: ToolOrder) => { this.#onOrder(order) })
  }

  open (conversation: number, worker: number, device: ToolDevice, mcp: McpStart | undefined): void {
    if (this.#links.has(conversation)) return
    const port = this.#ports[worker]!
    this.#links.set(conversation, { port, device, second: 0, messages: 0 })
    port.postMessage({ kind: 'open', conversation, mcp } satisfies ToolNews)
  }

  /** Drops what is more than a device has to say: each text is parsed by a worker of all. */
  push (conversation: number, text: string): void {
    const link = this.#links.get(conversation)
    if (link === undefined) return
    const second = Math.floor(this.#now() / 1000)
    link.messages = link.second === second ? link.messages + 1 : 1
    link.second = second
    if (link.messages <= this.#maxMessagesPerSecond) link.port.postMessage({ kind: 'text', conversation, text } satisfies ToolNews)
  }

  close (conversation: number): void {
    const link = this.#links.get(conversation)
    if (link === undefined) return
    this.#links.delete(conversation)
    link.port.postMessage({ kind: 'close', conversation } satisfies ToolNews)
  }

  // To a device that has gone meanwhile nothing is sent.
  #onOrder (order: ToolOrder): void {
    const device = this.#links.get(order.conversation)?.device
    if (order.kind === 'send') device?.sendToolText(order.text)
    else device?.showToolCall(order.name)
  }
}
