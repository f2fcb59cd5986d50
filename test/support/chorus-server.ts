import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly event?: string
  readonly [field: string]: unknown
}

export interface ChorusOptions {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Of Node.js itself. */
  readonly nodeArgs?: readonly string[]
  /** Where the server's wall clock begins, as ISO 8601; by default it is right. */
  readonly clock?: string
  /** A folder that outlives the server; by default one of its own. */
  readonly data?: string
}

const entry = fileURLToPath(new URL('../../src/bin/serve.js', import.meta.url))

/** A real server process on free ports, without whatever language model this machine may offer. */
export class ChorusServer {
  readonly child: ChildProcess
  readonly lines: LogLine[] = []
  readonly exited: Promise<{ readonly code: number | null, readonly signal: NodeJS.Signals | null }>
  errorOutput = ''
  readonly #waiting: Array<{ readonly event: string, readonly resolve: (line: LogLine) => void }> = []
  #ready: LogLine | undefined

  /** Starts the process; `ready()` tells when it serves. */
  constructor (data: string, { args = [], env = {}, clock, nodeArgs = [] }: ChorusOptions = {}) {
    const settings = ['--json', '--gateway.port', '0', '--http.port', '0', '--gateway.host', '127.0.0.1', '--http.host', '127.0.0.1', '--data', data]
    this.child = spawn(process.execPath, [...nodeArgs, entry, ...settings, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...cleanEnvironment(), CHORUS_LLM_OLLAMA_URL: '', ...clockEnvironment(clock), ...env }
    })
    this.exited = new Promise(resolve => { this.child.once('close', (code, signal) => { resolve({ code, signal }) }) })
    this.child.stderr!.on('data', (chunk: Buffer) => { this.errorOutput += chunk.toString() })
    createInterface({ input: this.child.stdout! }).on('line', text => { this.#onLine(text) })
  }

  /** A server that serves; the test's end is its end. */
  static async start (t: { after (fn: () => Promise<void>): void }, options: ChorusOptions = {}): Promise<ChorusServer> {
    const data = options.data ?? await mkdtemp(join(tmpdir(), 'chorus-test-'))
    const server = new ChorusServer(data, options)
    t.after(async () => {
      await server.stop()
      if (options.data === undefined) await rm(data, { recursive: true, force: true })
    })
    await server.ready()
    return server
  }

  async ready (): Promise<LogLine> {
    this.#ready ??= await this.waitFor('ready')
    return this.#ready
  }

  get url (): string { return `ws://127.0.0.1:${this.#port('gateway')}/xiaozhi/v1/` }
  get mqttUrl (): string { return `mqtt://127.0.0.1:${this.#port('mqtt')}` }
  get udpPort (): number { return this.#port('udp') }
  get httpUrl (): string { return `http://127.0.0.1:${this.#port('http')}` }

  async health (): Promise<Readonly<Record<string, number>>> {
    return await (await fetch(`${this.httpUrl}/healthz`)).json() as Record<string, number>
  }

  /** Resident memory of the process, in MB. */
  async residentMb (): Promise<number> {
    const { readFile } = await import('node:fs/promises')
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024
  }

  waitFor (event: string): Promise<LogLine> {
    const seen = this.lines.find(line => line.event === event)
    if (seen !== undefined) return Promise.resolve(seen)
    return Promise.race([
      new Promise<LogLine>(resolve => { this.#waiting.push({ event, resolve }) }),
      this.exited.then(({ code, signal }) => {
        throw new Error(`the server ended (${code ?? signal}) before "${event}": ${this.errorOutput}${JSON.stringify(this.lines.slice(-5))}`)
      })
    ])
  }

  async stop (): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM')
    await this.exited
  }

  #port (name: string): number {
    if (this.#ready === undefined) throw new Error('await ready() first')
    return (this.#ready['ports'] as Record<string, number>)[name]!
  }

  #onLine (text: string): void {
    let line: LogLine
    try { line = JSON.parse(text) as LogLine } catch { return }
    this.lines.push(line)
    if (process.env['CHORUS_TEST_LOG'] !== undefined) process.stderr.write(`${text}\n`)
    for (const waiting of this.#waiting) if (waiting.event === line.event) waiting.resolve(line)
  }
}

function clockEnvironment (clock: string | undefined): NodeJS.ProcessEnv {
  if (clock === undefined) return {}
  return { TZ: 'UTC', TEST_CLOCK: clock, NODE_OPTIONS: `--import ${new URL('set-clock.js', import.meta.url).href}` }
}

function cleanEnvironment (): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(CHORUS|OPENAI)_/.test(name)))
}
