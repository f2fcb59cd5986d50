import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChorusServer } from '../../test/support/chorus-server.js'

/** Settings by path, as on the command line. */
export type Settings = Readonly<Record<string, string | number | boolean>>

/** A real server in a process of its own, on free ports and with a data folder of its own. */
export class BenchServer {
  readonly pid: number
  readonly gatewayPort: number
  readonly facts: Readonly<Record<string, unknown>>
  readonly dataFolder: string
  readonly #server: ChorusServer

  constructor (server: ChorusServer, data: string, facts: Readonly<Record<string, unknown>>) {
    this.#server = server
    this.dataFolder = data
    this.facts = facts
    this.pid = server.child.pid!
    this.gatewayPort = (facts['ports'] as { readonly gateway: number }).gateway
  }

  /** @throws Error with what the server said when it does not start */
  static async start (
    settings: Settings, env: Readonly<Record<string, string>> = {}, nodeArgs: readonly string[] = []
  ): Promise<BenchServer> {
    const data = mkdtempSync(join(tmpdir(), 'chorus-bench-'))
    const args = Object.entries(settings).map(([path, value]) => `--${path}=${String(value)}`)
    const server = new ChorusServer(data, { args: ['--log.level', 'warn', ...args], env, nodeArgs })
    try {
      return new BenchServer(server, data, await server.ready())
    } catch (error) {
      rmSync(data, { recursive: true, force: true })
      throw error
    }
  }

  async health (): Promise<Readonly<Record<string, unknown>>> { return await this.#server.health() }

  /** Warnings and errors that the server logged, each once with how often. */
  get complaints (): readonly string[] {
    const counts = new Map<string, number>()
    for (const { level, msg } of this.#server.lines) if (level === 'warn' || level === 'error') counts.set(msg, (counts.get(msg) ?? 0) + 1)
    return [...counts].map(([message, count]) => count === 1 ? message : `${message} (${count} times)`)
  }

  async stop (): Promise<void> {
    await this.#server.stop()
    rmSync(this.dataFolder, { recursive: true, force: true })
  }
}
