import { createHash } from 'node:crypto'
import type { ListedTool, ToolArgument } from '../protocol/mcp.js'
import { argumentSchema } from './tool-arguments.js'
import { toolName } from './tool-name.js'
import type { ToolDefinition, ToolLimits } from './toolbox.js'
import { isUserOnlyName } from './user-only.js'

type SetLimits = Pick<ToolLimits, 'maxTools' | 'maxToolBytes'>

/** A tool of a device, under the name that the model knows. */
export interface DeviceTool {
  readonly definition: ToolDefinition
  /** As the device calls it. */
  readonly original: string
  readonly arguments: readonly ToolArgument[]
  readonly isSlow: boolean
}

/** Tools that one list of a device makes, as far as a model may have them. */
export class ToolSet {
  readonly definitions: readonly ToolDefinition[]
  /** Of those in the list, how many no model is shown: they are the user's, or too many. */
  readonly leftOut: number
  readonly #tools = new Map<string, DeviceTool>()

  constructor (listed: readonly ListedTool[], { maxTools, maxToolBytes }: SetLimits) {
    const originals = new Set<string>()
    let bytes = 0
    for (const tool of listed) {
      if (tool.isUserOnly || isUserOnlyName(tool.name) || originals.has(tool.name)) continue
      const made = makeTool(tool, name => this.#tools.has(name))
      bytes += Buffer.byteLength(JSON.stringify(made.definition))
      if (this.#tools.size === maxTools || bytes > maxToolBytes) break
      originals.add(tool.name)
      this.#tools.set(made.definition.name, made)
    }
    this.definitions = [...this.#tools.values()].map(({ definition }) => renamed(definition, this.#tools))
    this.leftOut = listed.length - this.#tools.size
  }

  find (name: string): DeviceTool | undefined { return this.#tools.get(name) }
}

/**
 * The sets that are in use. Devices of one kind list the same tools, and thousands of them share
 * one set.
 */
export class ToolSets {
  readonly #limits: SetLimits
  readonly #sets = new Map<string, WeakRef<ToolSet>>()
  #sweepAt = 64

  constructor (limits: SetLimits) {
    this.#limits = limits
  }

  of (listed: readonly ListedTool[]): ToolSet {
    const key = createHash('sha256').update(JSON.stringify(listed)).digest('base64')
    const known = this.#sets.get(key)?.deref()
    if (known !== undefined) return known
    const made = new ToolSet(listed, this.#limits)
    this.#sets.set(key, new WeakRef(made))
    if (this.#sets.size >= this.#sweepAt) this.#sweep()
    return made
  }

  #sweep (): void {
    for (const [key, set] of this.#sets) if (set.deref() === undefined) this.#sets.delete(key)
    this.#sweepAt = Math.max(64, this.#sets.size * 2)
  }
}

function makeTool (tool: ListedTool, isTaken: (name: string) => boolean): DeviceTool {
  const { name: original, description, arguments: args } = tool
  const definition = { name: toolName(original, isTaken), description, parameters: argumentSchema(args) }
  return { definition, original, arguments: args, isSlow: /photo|picture|capture/i.test(original) }
}

/** Where a description names another tool, the model must find the name that it can call. */
function renamed (definition: ToolDefinition, tools: ReadonlyMap<string, DeviceTool>): ToolDefinition {
  let { description } = definition
  for (const { original, definition: { name } } of tools.values()) {
    if (original !== name) description = description.replaceAll(original, name)
  }
  return { ...definition, description }
}
