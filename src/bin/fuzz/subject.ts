import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

import type { ServerLook } from '../../../tools/fuzz/verdict.js'
import { parseArguments } from '../simulate/arguments.js'
import { mockSettings, MockService } from '../simulate/mock-service.js'
import type { Entry, ProcessEvents } from '../shared/ready-process.js'
import { ServerProcess } from '../shared/server-process.js'
import { ANSWER_S } from './healthy.js'

const LOOPBACK = '127.0.0.1'
const LOOK_TIMEOUT_MS = 5000
const LOOK_EVERY_MS = 500
const KEEP_LINES = 20

/** What is as it was once everybody has left. */
const GAUGES = [
  'sessions', 'slots', 'pages', 'queuedJobs', 'mqtt.connections', 'mqtt.sessions', 'web.registrations', 'web.downloads', 'web.uploads', 'admission.undecided'
]

/** The server under attack, with its mock AI service. */
export class Subject {
  readonly #server: ServerProcess
  readonly #mock: MockService
  readonly #fate: Fate

  /** @throws Error with the last words of what does not start */
  static async start (settings: readonly string[], onProgress: (text: string) => void, signal: AbortSignal): Promise<Subject> {
    const fate = new Fate(onProgress)
    const mock = await MockService.start(parseArguments(['--mock-ai', '--answer-s', String(ANSWER_S)]), fate, signal)
    try {
      const own = [
        '--gateway.host', LOOPBACK, '--http.host', LOOPBACK, ...mockSettings(mock.baseUrl, 'mock'),
        '--mqtt.enabled', '--mqtt.port', '0', '--mqtt.udpPort', '0', '--mqtt.host', LOOPBACK, '--mqtt.udpHost', LOOPBACK,
        '--vision.provider', 'openai', '--vision.openai.baseUrl', mock.baseUrl, '--vision.openai.apiKey', 'mock', '--vision.openai.model', 'mock-chat'
      ]
      return new Subject(await ServerProcess.start(fate, { signal, settings: [...own, ...settings] }), mock, fate)
    } catch (error) {
      await mock.stop()
      throw error
    }
  }

  constructor (server: ServerProcess, mock: MockService, fate: Fate) {
    this.#server = server
    this.#mock = mock
    this.#fate = fate
  }

  get url (): string { return this.#server.url }
  get mqttUrl (): string { return `mqtt://${LOOPBACK}:${this.ports.mqtt}` }
  /** Why it ended, although nobody asked it to. */
  get ended (): string | undefined { return this.#fate.ended }
  get errors (): readonly string[] { return this.#fate.errors }
  get warnings (): Readonly<Record<string, number>> { return Object.fromEntries(this.#fate.warnings) }

  get ports (): { readonly gateway: number, readonly web: number, readonly mqtt: number, readonly udp: number } {
    const { gatewayPort, httpPort, mqttPort, udpPort } = this.#server.facts
    return { gateway: gatewayPort, web: httpPort ?? 0, mqtt: mqttPort ?? 0, udp: udpPort ?? 0 }
  }

  /** All figures of /healthz by their path. @throws Error when nobody answers */
  async health (): Promise<Readonly<Record<string, number>>> { return flatten((await this.#ask()), '') }

  /** @throws Error when nobody answers */
  async look (): Promise<ServerLook> {
    const body = await this.#ask()
    const figures = flatten(body, '')
    const threads = Array.isArray(body['threads']) ? body['threads'] as Array<{ readonly tid?: unknown }> : []
    return {
      rssBytes: readRss(this.#server.pid),
      sockets: countSockets(this.#server.pid),
      threads: threads.map(({ tid }) => tid).filter(tid => typeof tid === 'number'),
      gauges: Object.fromEntries(GAUGES.flatMap(name => figures[name] === undefined ? [] : [[name, figures[name]] as const]))
    }
  }

  /** Waits until `isAtRest`, and no longer than that; undefined when nobody answers at the end. */
  async settle (isAtRest: (look: ServerLook) => boolean, timeoutMs: number): Promise<ServerLook | undefined> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const look = await this.look().catch(() => undefined)
      if ((look !== undefined && isAtRest(look)) || performance.now() > deadline || this.ended !== undefined) return look
      await new Promise(resolve => { setTimeout(resolve, LOOK_EVERY_MS) })
    }
  }

  async stop (): Promise<void> {
    await this.#server.stop()
    await this.#mock.stop()
  }

  async #ask (): Promise<Entry> {
    const headers = { connection: 'close' }
    const response = await fetch(`${this.#server.httpUrl}/healthz`, { headers, signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) })
    return await response.json() as Entry
  }
}

/** What the processes say and what becomes of them. */
class Fate implements ProcessEvents {
  ended: string | undefined
  readonly errors: string[] = []
  readonly warnings = new Map<string, number>()
  readonly #onProgress: (text: string) => void

  constructor (onProgress: (text: string) => void) {
    this.#onProgress = onProgress
  }

  onProgress (text: string): void { this.#onProgress(text) }
  onExit (reason: string): void { this.ended ??= reason }

  onEntry (entry: Entry): void {
    const { level, msg } = entry
    if (level === 'error' || level === 'fatal') {
      if (this.errors.length < KEEP_LINES) this.errors.push(JSON.stringify(entry).slice(0, 1000))
    } else if (level === 'warn' && (this.warnings.has(String(msg)) || this.warnings.size < KEEP_LINES)) {
      this.warnings.set(String(msg), (this.warnings.get(String(msg)) ?? 0) + 1)
    }
  }

  onStray (line: string): void { if (this.errors.length < KEEP_LINES) this.errors.push(line.slice(0, 1000)) }
}

function flatten (body: object, prefix: string): Record<string, number> {
  return Object.fromEntries(Object.entries(body).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === 'number') return [[prefix + name, value] as const]
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(flatten(value, `${prefix}${name}.`)) : []
  }))
}

// Only Linux tells both; elsewhere they stay unknown.
function readRss (pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? undefined : 1024 * Number(kilobytes)
  } catch {
    return undefined
  }
}

function countSockets (pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).filter(fd => isSocket(`/proc/${pid}/fd/${fd}`)).length
  } catch {
    return undefined
  }
}

function isSocket (file: string): boolean {
  try {
    return readlinkSync(file).startsWith('socket:')
  } catch {
    return false // closed meanwhile
  }
}
