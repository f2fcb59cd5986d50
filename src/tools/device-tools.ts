import type { VisionAddress } from '../protocol/mcp.js'
import { parseToolMessage } from '../protocol/tool-message.js'
import { toolResultOf } from './call-result.js'
import { DeviceIot } from './device-iot.js'
import { DeviceMcp } from './device-mcp.js'
import { fitArguments } from './tool-arguments.js'
import type { ToolSet, ToolSets } from './tool-set.js'
import type { Toolbox, ToolDefinition, ToolLimits, ToolLog, ToolResult, ToolTimer } from './toolbox.js'

export interface DeviceToolsOptions {
  readonly send: (text: string) => void
  readonly timer: ToolTimer
  readonly limits: ToolLimits
  readonly sets: ToolSets
  readonly log: ToolLog
}

/** All that one device lets a model do, whichever of the two ways its firmware has. */
export class DeviceTools implements Toolbox {
  readonly #options: DeviceToolsOptions
  #mcp: DeviceMcp | undefined
  #set: ToolSet | undefined
  #iot: DeviceIot | undefined
  /** While the device has not listed its tools. */
  #listing: Promise<void> | undefined
  #hasWaited = false

  constructor (options: DeviceToolsOptions) {
    this.#options = options
  }

  get definitions (): readonly ToolDefinition[] {
    const listed = this.#set?.definitions ?? []
    if (this.#iot === undefined) return listed
    const room = this.#options.limits.maxTools - listed.length
    return [...listed, ...this.#iot.definitions.filter(({ name }) => this.#set?.find(name) === undefined).slice(0, room)]
  }

  get facts (): string { return this.#iot?.facts ?? '' }

  /** The device has MCP. Resolves when its tools are known; never rejects. */
  async startMcp (vision: VisionAddress | undefined): Promise<void> {
    if (this.#mcp !== undefined) return
    this.#mcp = new DeviceMcp(this.#options)
    this.#listing = this.#list(this.#mcp, vision)
    await this.#listing
  }

  /** Any text of the device's that is about tools. */
  receive (raw: string): void {
    const { log, send, limits } = this.#options
    const message = parseToolMessage(raw)
    if (message.kind === 'unknown') { log('debug', 'ignored a message about tools', { why: message.why }); return }
    if (message.kind === 'mcp') { this.#mcp?.receive(message.reply); return }
    this.#iot ??= new DeviceIot({ send, maxTools: limits.maxTools, log })
    this.#iot.receive(message.report)
  }

  // Only once: a device that never lists its tools must not delay each answer.
  async whenReady (signal: AbortSignal): Promise<void> {
    if (this.#listing === undefined || this.#hasWaited || signal.aborted) return
    this.#hasWaited = true
    const { timer, limits } = this.#options
    const listing = this.#listing
    await new Promise<void>(resolve => {
      const settle = (): void => {
        stopTimer()
        signal.removeEventListener('abort', settle)
        resolve()
      }
      const stopTimer = timer(settle, limits.readyWaitMs)
      signal.addEventListener('abort', settle, { once: true })
      void listing.then(settle)
    })
  }

  isSlow (name: string): boolean { return this.#set?.find(name)?.isSlow === true }

  async call (name: string, argumentText: string, signal: AbortSignal): Promise<ToolResult> {
    const tool = this.#set?.find(name)
    if (tool === undefined || this.#mcp === undefined) return this.#iot?.call(name, argumentText) ?? { kind: 'failed', text: `there is no tool ${name}` }
    const fitted = fitArguments(tool.arguments, argumentText)
    if (fitted.kind === 'wrong') return { kind: 'failed', text: fitted.why }
    const { callTimeoutMs, photoTimeoutMs, maxResultBytes } = this.#options.limits
    const outcome = await this.#mcp.call(tool.original, fitted.values, tool.isSlow ? photoTimeoutMs : callTimeoutMs, signal)
    return toolResultOf(outcome, maxResultBytes)
  }

  close (): void { this.#mcp?.close() }

  async #list (mcp: DeviceMcp, vision: VisionAddress | undefined): Promise<void> {
    const listed = await mcp.start(vision)
    this.#listing = undefined
    if (listed.length === 0) return
    this.#set = this.#options.sets.of(listed)
    this.#options.log('debug', 'a device listed its tools', { offered: this.#set.definitions.length, leftOut: this.#set.leftOut })
  }
}
