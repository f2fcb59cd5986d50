import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

/** One line of JSON that a child wrote. */
export type Entry = Readonly<Record<string, unknown>>

export interface ProcessEvents {
  /** What it does while it starts, and what it complains about later. */
  onProgress (text: string): void
  /** It ended although nobody asked it to. */
  onExit (reason: string): void
  /** Every line of its log, and every line that is none. */
  onEntry? (entry: Entry): void
  onStray? (line: string): void
}

export interface ReadyProcessOptions<T> {
  /** What it is called in messages: `server`. */
  readonly name: string
  readonly script: string
  readonly args: readonly string[]
  /** What the line says that announces it is ready; undefined for every other line. */
  readonly readReady: (entry: Entry) => T | undefined
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

const STOP_TIMEOUT_MS = 10_000
const KEEP_LINES = 12

/** A program of this build in a process of its own, which says in a line of JSON that it serves. */
export class ReadyProcess<T> {
  readonly ready: T
  readonly pid: number
  readonly #child: ChildProcess
  #isStopping = false

  /** @throws Error with the child's last words when it ends, or is not ready in time. */
  static async start<T> (events: ProcessEvents, options: ReadyProcessOptions<T>): Promise<ReadyProcess<T>> {
    const child = spawn(process.execPath, [options.script, ...options.args], { stdio: ['ignore', 'pipe', 'pipe'] })
    try {
      const ready = await waitUntilReady(child, events, options)
      return new ReadyProcess(options.name, child, ready, events)
    } catch (error) {
      await stopChild(child)
      throw error
    }
  }

  constructor (name: string, child: ChildProcess, ready: T, events: ProcessEvents) {
    this.ready = ready
    this.pid = child.pid!
    this.#child = child
    child.once('exit', (code, signal) => {
      if (!this.#isStopping) events.onExit(`the ${name} ended (${signal ?? `code ${code ?? '?'}`})`)
    })
  }

  async stop (): Promise<void> {
    this.#isStopping = true
    await stopChild(this.#child)
  }
}

function waitUntilReady<T> (child: ChildProcess, events: ProcessEvents, options: ReadyProcessOptions<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const { name, readReady, timeoutMs, signal } = options
    const lastLines: string[] = []
    let isReady = false
    const keep = (line: string): void => {
      lastLines.push(line)
      if (lastLines.length > KEEP_LINES) lastLines.shift()
    }
    const fail = (reason: string): void => {
      clearTimeout(timer)
      reject(new Error([reason, ...lastLines.map(line => `  ${line}`)].join('\n')))
    }
    const timer = setTimeout(() => fail(`the ${name} was not ready in ${timeoutMs / 1000} s`), timeoutMs)
    signal?.addEventListener('abort', () => fail('stopped'), { once: true })
    child.once('error', error => fail(`the ${name} could not be started: ${error.message}`))
    // Not `exit`: its last words may come after that.
    child.once('close', (code, signal) => fail(`the ${name} ended while it started (${signal ?? `code ${code ?? '?'}`})`))
    createInterface({ input: child.stderr! }).on('line', line => {
      keep(line)
      events.onStray?.(line)
    })
    createInterface({ input: child.stdout! }).on('line', line => {
      const entry = parseLine(line)
      if (entry !== undefined) events.onEntry?.(entry)
      const ready = entry === undefined || isReady ? undefined : readReady(entry)
      if (ready !== undefined) {
        clearTimeout(timer)
        isReady = true
        resolve(ready)
        return
      }
      keep(line)
      const text = entry === undefined ? line : describe(entry)
      if (text !== '' && (!isReady || isComplaint(entry))) events.onProgress(text)
    })
  })
}

async function stopChild (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = new Promise<void>(resolve => { child.once('exit', () => resolve()) })
  child.kill('SIGTERM')
  // A child that hangs must not keep the terminal; it is our own, so its pid is still its own.
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await gone
  clearTimeout(force)
}

function parseLine (line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value as Entry : undefined
  } catch {
    return undefined
  }
}

function isComplaint (entry: Entry | undefined): boolean {
  return entry?.['level'] === 'warn' || entry?.['level'] === 'error'
}

// Log lines of any shape: their text, or else the name of the event.
function describe (entry: Entry): string {
  for (const key of ['text', 'message', 'msg', 'event']) {
    const value = entry[key]
    if (typeof value === 'string') return value
  }
  return ''
}
