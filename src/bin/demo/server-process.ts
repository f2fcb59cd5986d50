import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface ServerPorts { readonly gateway: number, readonly http: number | undefined }

export interface ServerEvents {
  /** What the server does while it starts, and what it complains about later. */
  onProgress (text: string): void
  /** It ended although nobody asked it to. */
  onExit (reason: string): void
}

export interface ServerProcessOptions {
  /** The script to run; the server of this build by default. */
  readonly script?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

// The first start checks models, and on a small machine that takes its time.
const READY_TIMEOUT_MS = 90_000
const STOP_TIMEOUT_MS = 10_000
const KEEP_LINES = 12

/** A server of our own for one conversation: any free ports, a data folder that goes with it. */
export class ServerProcess {
  readonly ports: ServerPorts
  readonly #child: ChildProcess
  readonly #folder: string
  #isStopping = false

  /** @throws Error with the server's last words when it ends, or is not ready in time. */
  static async start (events: ServerEvents, options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const script = options.script ?? fileURLToPath(new URL('../serve.js', import.meta.url))
    const folder = await mkdtemp(path.join(tmpdir(), 'chorus-demo-'))
    const args = [script, '--json', '--gateway.port', '0', '--http.port', '0', '--data', folder]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    try {
      const ports = await waitUntilReady(child, events, options)
      return new ServerProcess(child, folder, ports, events)
    } catch (error) {
      await stopChild(child)
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  constructor (child: ChildProcess, folder: string, ports: ServerPorts, events: ServerEvents) {
    this.#child = child
    this.#folder = folder
    this.ports = ports
    child.once('exit', (code, signal) => {
      if (!this.#isStopping) events.onExit(`the server ended (${signal ?? `code ${code ?? '?'}`})`)
    })
  }

  get url (): string { return `ws://127.0.0.1:${this.ports.gateway}/xiaozhi/v1/` }

  async stop (): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    await stopChild(this.#child)
    await rm(this.#folder, { recursive: true, force: true })
  }
}

function waitUntilReady (child: ChildProcess, events: ServerEvents, options: ServerProcessOptions): Promise<ServerPorts> {
  return new Promise((resolve, reject) => {
    const { timeoutMs = READY_TIMEOUT_MS, signal } = options
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
    const timer = setTimeout(() => fail(`the server was not ready in ${timeoutMs / 1000} s`), timeoutMs)
    signal?.addEventListener('abort', () => fail('stopped'), { once: true })
    child.once('error', error => fail(`the server could not be started: ${error.message}`))
    child.once('exit', (code, signal) => fail(`the server ended while it started (${signal ?? `code ${code ?? '?'}`})`))
    createInterface({ input: child.stderr! }).on('line', keep)
    createInterface({ input: child.stdout! }).on('line', line => {
      const entry = parseLine(line)
      const ports = entry === undefined ? undefined : readPorts(entry)
      if (ports !== undefined) {
        clearTimeout(timer)
        isReady = true
        resolve(ports)
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
  // A server that hangs must not keep the demo's terminal; it is our own child, so its pid is still
  // its own.
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await gone
  clearTimeout(force)
}

type Entry = Readonly<Record<string, unknown>>

function parseLine (line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value as Entry : undefined
  } catch {
    return undefined
  }
}

function readPorts (entry: Entry): ServerPorts | undefined {
  if (entry['event'] !== 'ready') return undefined
  const ports = entry['ports'] as Entry | undefined
  const gateway = ports?.['gateway']
  const http = ports?.['http']
  if (typeof gateway !== 'number') return undefined
  return { gateway, http: typeof http === 'number' ? http : undefined }
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
