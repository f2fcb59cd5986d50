import { setImmediate as loopTurn } from 'node:timers/promises'
import { loadConfig } from '../../src/core/config.js'
import type { VisionAddress } from '../../src/protocol/mcp.js'
import { DeviceTools } from '../../src/tools/device-tools.js'
import { ToolSets } from '../../src/tools/tool-set.js'
import type { ToolTimer } from '../../src/tools/toolbox.js'

interface Request {
  readonly jsonrpc: string
  readonly id?: number
  readonly method: string
  readonly params?: Readonly<Record<string, unknown>>
}

/** Timers that run when the test says so. */
export class FakeTimer {
  now = 0
  readonly #due = new Set<{ readonly at: number, readonly run: () => void }>()

  readonly start: ToolTimer = (run, afterMs) => {
    const entry = { at: this.now + afterMs, run }
    this.#due.add(entry)
    return () => { this.#due.delete(entry) }
  }

  get running (): number { return this.#due.size }

  async pass (ms: number): Promise<void> {
    this.now += ms
    for (const entry of [...this.#due]) {
      if (entry.at > this.now) continue
      this.#due.delete(entry)
      entry.run()
    }
    await loopTurn()
  }
}

const lamp = { name: 'self.lamp.turn_on', description: 'Lamp on', inputSchema: { type: 'object', properties: {} } }
export const volume = {
  name: 'self.audio_speaker.set_volume',
  description: 'Set the volume. See self.lamp.turn_on.',
  inputSchema: { type: 'object', properties: { volume: { type: 'integer', minimum: 0, maximum: 100 } }, required: ['volume'] }
}
export const defaultTools: readonly object[] = [volume, lamp]

/** What a device with MCP is told, and what it answers when the test wants it to. */
export class FakeDevice {
  readonly timer = new FakeTimer()
  readonly logged: string[] = []
  readonly requests: Request[] = []
  readonly other: unknown[] = []
  readonly tools: DeviceTools

  constructor (argv: readonly string[] = []) {
    const { config } = loadConfig({ argv: [...argv], env: {} })
    this.tools = new DeviceTools({
      send: text => { this.#take(JSON.parse(text) as { type: string, payload: Request }) },
      timer: this.timer.start,
      limits: config.tools,
      sets: new ToolSets(config.tools),
      log: (level, message) => { this.logged.push(`${level} ${message}`) }
    })
  }

  get methods (): readonly string[] { return this.requests.map(({ method }) => method) }
  get names (): readonly string[] { return this.tools.definitions.map(({ name }) => name) }
  get last (): Request { return this.requests.at(-1)! }

  /** Whatever a device may say, as it stands on the wire. */
  async say (raw: string): Promise<void> {
    this.tools.receive(raw)
    await loopTurn()
  }

  /** The result of the last request. */
  async result (result: unknown, id: number | undefined = this.last.id): Promise<void> {
    await this.say(JSON.stringify({ session_id: 'S', type: 'mcp', payload: { jsonrpc: '2.0', id, result } }))
  }

  /** As firmware writes it: without a code, and not escaped. */
  async error (message: string): Promise<void> {
    await this.say(`{"session_id":"S","type":"mcp","payload":{"jsonrpc":"2.0","id":${this.last.id!},"error":{"message":"${message}"}}}`)
  }

  async text (text: string): Promise<void> { await this.result({ content: [{ type: 'text', text }], isError: false }) }

  /** The whole handshake, in one page. */
  async list (tools: readonly object[] = defaultTools, vision?: VisionAddress): Promise<void> {
    const ready = this.tools.startMcp(vision)
    await this.result({ protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo: { name: 'board', version: '2.4.2' } })
    await this.result({ tools })
    await ready
  }

  #take ({ type, payload, ...rest }: { type: string, payload: Request }): void {
    if (type === 'mcp') this.requests.push(payload)
    else this.other.push({ type, ...rest })
  }
}

export const never = new AbortController().signal
