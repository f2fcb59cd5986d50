import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { ReadyProcess, type Entry, type ProcessEvents } from './ready-process.js'

/** What the server says of itself when it is ready. */
export interface ServerFacts {
  readonly gatewayPort: number
  readonly httpPort: number | undefined
  /** Where MQTT is on. */
  readonly mqttPort: number | undefined
  readonly udpPort: number | undefined
  /** Niceness by kind of thread, where it is known. */
  readonly nice: Readonly<Record<string, number>>
}

export interface ServerProcessOptions {
  /** The script to run; the server of this build by default. */
  readonly script?: string | undefined
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
  /** Further settings, as flags. */
  readonly settings?: readonly string[]
  /** A data folder that stays; by default one that goes with the server. */
  readonly data?: string | undefined
}

// The first start checks models, and on a small machine that takes its time.
const READY_TIMEOUT_MS = 90_000

/** A server of our own: any free ports, a data folder that goes with it. */
export class ServerProcess {
  readonly facts: ServerFacts
  readonly #process: ReadyProcess<ServerFacts>
  readonly #temporaryFolder: string | undefined

  /** @throws Error with the server's last words when it ends, or is not ready in time. */
  static async start (events: ProcessEvents, options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const folder = options.data === undefined ? await mkdtemp(path.join(tmpdir(), 'chorus-')) : undefined
    try {
      const started = await ReadyProcess.start(events, {
        name: 'server',
        script: options.script ?? fileURLToPath(new URL('../serve.js', import.meta.url)),
        args: ['--json', '--gateway.port', '0', '--http.port', '0', '--data', folder ?? options.data!, ...options.settings ?? []],
        readReady: readFacts,
        timeoutMs: options.timeoutMs ?? READY_TIMEOUT_MS,
        signal: options.signal
      })
      return new ServerProcess(started, folder)
    } catch (error) {
      await removeFolder(folder)
      throw error
    }
  }

  constructor (started: ReadyProcess<ServerFacts>, temporaryFolder: string | undefined) {
    this.facts = started.ready
    this.#process = started
    this.#temporaryFolder = temporaryFolder
  }

  get pid (): number { return this.#process.pid }
  get url (): string { return `ws://127.0.0.1:${this.facts.gatewayPort}/xiaozhi/v1/` }
  /** The HTTP port's address, if it has one. */
  get httpUrl (): string | undefined {
    return this.facts.httpPort === undefined ? undefined : `http://127.0.0.1:${this.facts.httpPort}`
  }

  async stop (): Promise<void> {
    await this.#process.stop()
    await removeFolder(this.#temporaryFolder)
  }
}

async function removeFolder (folder: string | undefined): Promise<void> {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
}

function readFacts (entry: Entry): ServerFacts | undefined {
  if (entry['event'] !== 'ready') return undefined
  const ports = entry['ports'] as Entry | undefined
  const gateway = ports?.['gateway']
  const http = ports?.['http']
  const mqtt = ports?.['mqtt']
  if (typeof gateway !== 'number') return undefined
  const nice = Object.entries(entry['nice'] ?? {}).filter((pair): pair is [string, number] => typeof pair[1] === 'number')
  const numberOf = (port: unknown): number | undefined => typeof port === 'number' ? port : undefined
  return { gatewayPort: gateway, httpPort: numberOf(http), mqttPort: numberOf(mqtt), udpPort: numberOf(ports?.['udp']), nice: Object.fromEntries(nice) }
}
