import type { ToolCall } from '../types.js'

interface Part { readonly index: unknown, id: string, name: string, arguments: string }

/**
 * Puts together the calls that a stream brings in pieces. Servers differ: some give no index, some
 * no id, some a whole call at once.
 */
export class ToolCallCollector {
  readonly #parts: Part[] = []

  get hasAny (): boolean { return this.#parts.length > 0 }

  /** One entry of a delta's `tool_calls`. */
  push (delta: Readonly<Record<string, unknown>>): void {
    const { index, id } = delta
    const part = delta['function']
    const { name, arguments: args } = (typeof part === 'object' && part !== null ? part : {}) as Record<string, unknown>
    const target = this.#find(index, name) ?? this.#begin(index)
    if (typeof id === 'string' && target.id === '') target.id = id
    if (typeof name === 'string' && target.name === '') target.name = name
    if (typeof args === 'string') target.arguments += args
    else if (typeof args === 'object' && args !== null) target.arguments += JSON.stringify(args)
  }

  /** The calls in their order. One without a name is none. */
  end (): readonly ToolCall[] {
    const ids = new Set<string>()
    return this.#parts.filter(({ name }) => name !== '').map((part, at) => {
      const id = part.id === '' || ids.has(part.id) ? `call_${at}` : part.id
      ids.add(id)
      return { id, name: part.name, arguments: part.arguments }
    })
  }

  #find (index: unknown, name: unknown): Part | undefined {
    if (typeof index === 'number') return this.#parts.find(part => part.index === index)
    return typeof name === 'string' && name !== '' ? undefined : this.#parts.at(-1)
  }

  #begin (index: unknown): Part {
    const part: Part = { index, id: '', name: '', arguments: '' }
    this.#parts.push(part)
    return part
  }
}
