import type { JsonObject } from '../protocol/json-object.js'
import { initializeParams, mcpNotification, mcpRequest, parseToolPage, type ListedTool, type McpReply, type VisionAddress } from '../protocol/mcp.js'
import type { ToolLimits, ToolLog, ToolTimer } from './toolbox.js'

export interface DeviceMcpOptions {
  readonly send: (text: string) => void
  readonly timer: ToolTimer
  readonly limits: Pick<ToolLimits, 'listTimeoutMs' | 'maxListPages' | 'maxListedTools'>
  readonly log: ToolLog
}

export type McpOutcome =
  | { readonly kind: 'result', readonly result: unknown }
  | { readonly kind: 'error', readonly message: string }
  | { readonly kind: 'silent', readonly afterMs: number }
  /** The connection is over, or nobody wants to know any more. */
  | { readonly kind: 'gone' }

const GONE: McpOutcome = { kind: 'gone' }

/**
 * One device's tools, over MCP: the device is the server. Replies come in any order and late; one
 * call is under way at a time, since firmware runs them on its main loop.
 */
export class DeviceMcp {
  readonly #options: DeviceMcpOptions
  #pending: Map<number, (outcome: McpOutcome) => void> | undefined
  #lastId = 0
  #lastCall: Promise<unknown> | undefined
  #isClosed = false

  constructor (options: DeviceMcpOptions) {
    this.#options = options
  }

  /** The tools that the device lists; none if it fails to. Never rejects. */
  async start (vision: VisionAddress | undefined): Promise<readonly ListedTool[]> {
    const { limits, log, send } = this.#options
    const greeted = await this.#request('initialize', initializeParams(vision), limits.listTimeoutMs)
    if (greeted.kind !== 'result') {
      if (greeted.kind !== 'gone') log('warn', 'a device with MCP did not initialise it', { outcome: describe(greeted) })
      return []
    }
    send(mcpNotification('notifications/initialized'))
    return await this.#list()
  }

  /** A reply that nothing waits for, or nothing any more, is ignored. */
  receive (reply: McpReply): void {
    const settle = this.#pending?.get(reply.id)
    if (settle === undefined) this.#options.log('debug', 'ignored an MCP reply that nobody waits for', { id: reply.id })
    else settle(reply)
  }

  /** Never rejects. A call that was sent keeps its place, also when nobody waits for it. */
  async call (name: string, args: JsonObject, timeoutMs: number, signal: AbortSignal): Promise<McpOutcome> {
    const before = this.#lastCall
    const called = (async () => {
      await before
      return signal.aborted ? GONE : await this.#request('tools/call', { name, arguments: args }, timeoutMs)
    })()
    this.#lastCall = called
    void called.then(() => { if (this.#lastCall === called) this.#lastCall = undefined })
    return await orAborted(called, signal)
  }

  close (): void {
    this.#isClosed = true
    for (const settle of [...this.#pending?.values() ?? []]) settle(GONE)
  }

  async #list (): Promise<readonly ListedTool[]> {
    const { limits, log } = this.#options
    const tools: ListedTool[] = []
    const cursors = new Set<string>()
    let cursor: string | undefined
    for (let page = 0; page < limits.maxListPages && tools.length < limits.maxListedTools; page++) {
      const outcome = await this.#request('tools/list', cursor === undefined ? undefined : { cursor }, limits.listTimeoutMs)
      if (outcome.kind !== 'result') {
        if (outcome.kind !== 'gone') log('warn', 'a device did not list its tools', { page, outcome: describe(outcome) })
        return tools
      }
      const { tools: more, nextCursor } = parseToolPage(outcome.result)
      tools.push(...more)
      if (nextCursor === undefined || cursors.has(nextCursor)) return tools
      cursors.add(nextCursor)
      cursor = nextCursor
    }
    log('warn', 'a device lists more tools than are read', { maxListPages: limits.maxListPages, maxListedTools: limits.maxListedTools })
    return tools
  }

  #request (method: string, params: JsonObject | undefined, timeoutMs: number): Promise<McpOutcome> {
    if (this.#isClosed) return Promise.resolve(GONE)
    const id = ++this.#lastId
    this.#pending ??= new Map()
    const pending = this.#pending
    return new Promise(resolve => {
      const settle = (outcome: McpOutcome): void => {
        stopTimer()
        pending.delete(id)
        if (pending.size === 0 && this.#pending === pending) this.#pending = undefined // most devices have nothing under way
        resolve(outcome)
      }
      const stopTimer = this.#options.timer(() => { settle({ kind: 'silent', afterMs: timeoutMs }) }, timeoutMs)
      pending.set(id, settle)
      this.#options.send(mcpRequest(id, method, params))
    })
  }
}

function orAborted (called: Promise<McpOutcome>, signal: AbortSignal): Promise<McpOutcome> {
  return new Promise(resolve => {
    if (signal.aborted) { resolve(GONE); return }
    const onAbort = (): void => { resolve(GONE) }
    signal.addEventListener('abort', onAbort, { once: true })
    void called.then(outcome => {
      signal.removeEventListener('abort', onAbort)
      resolve(outcome)
    })
  })
}

function describe (outcome: McpOutcome): string {
  if (outcome.kind === 'error') return outcome.message.slice(0, 200)
  return outcome.kind === 'silent' ? `no reply in ${outcome.afterMs} ms` : outcome.kind
}
