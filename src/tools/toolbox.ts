import type { JsonObject } from '../protocol/json-object.js'

/** A tool as a language model is told of it. */
export interface ToolDefinition {
  /** Letters, digits, `_` and `-`, at most 64: more is refused by the services. */
  readonly name: string
  readonly description: string
  /** A JSON Schema of type `object`. */
  readonly parameters: JsonObject
}

export type ToolResult =
  /** What the model is told. */
  | { readonly kind: 'text', readonly text: string }
  /** Why there is nothing else to tell; the model hears of it as well. */
  | { readonly kind: 'failed', readonly text: string }
  /** Said to the user as it is. */
  | { readonly kind: 'answer', readonly text: string }
  /** Nothing needs to be said. */
  | { readonly kind: 'done' }

/** What a model may use while it answers one device. */
export interface Toolbox {
  readonly definitions: readonly ToolDefinition[]
  /** What is known of the device at present, in one line; empty where nothing is. */
  readonly facts: string
  /** Resolves when the device has said what it has, or after a moment. Never rejects. */
  whenReady (signal: AbortSignal): Promise<void>
  /** Will this take seconds, in which the device can do nothing else? */
  isSlow (name: string): boolean
  /** Never rejects. After an abort what the tool does is not undone, but nobody hears of it. */
  call (name: string, argumentText: string, signal: AbortSignal): Promise<ToolResult>
}

/** Of `tools` in the configuration. */
export interface ToolLimits {
  readonly listTimeoutMs: number
  readonly callTimeoutMs: number
  readonly photoTimeoutMs: number
  readonly readyWaitMs: number
  readonly maxListPages: number
  readonly maxListedTools: number
  readonly maxTools: number
  readonly maxToolBytes: number
  readonly maxResultBytes: number
}

export type ToolLog = (level: 'debug' | 'warn', message: string, fields: Readonly<Record<string, unknown>>) => void

/** Calls `run` once after `afterMs`, unless what it returns is called before. */
export type ToolTimer = (run: () => void, afterMs: number) => () => void

export const systemTimer: ToolTimer = (run, afterMs) => {
  const timer = setTimeout(run, afterMs)
  return () => { clearTimeout(timer) }
}
