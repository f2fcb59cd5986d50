import { readdirSync } from 'node:fs'
import { makeConfig } from '../../src/core/config.js'
import type { Series } from '../report/result.js'
import type { BenchServer } from '../support/bench-server.js'
import { readResidentBytes, readThreads, threadUses, type NamedThread, type ThreadTimes, type ThreadUse } from '../support/threads.js'

/** What the kernel and the server say at one moment. */
export interface ServerReading {
  readonly atMs: number
  readonly threads: readonly ThreadTimes[]
  readonly residentBytes: number
  /** Files, sockets and pipes that it has open. */
  readonly openFiles: number
  readonly health: Readonly<Record<string, unknown>>
}

const MB = 1024 * 1024

/** Looks at a server from outside: its threads, its memory, what it says of itself. */
export class ServerProbe {
  readonly #server: BenchServer
  readonly #memory: Array<readonly [number, number]> = []
  readonly #cpu: Array<readonly [number, number]> = []
  #last: { readonly atMs: number, readonly cpuMs: number } | undefined
  #startMs = performance.now()

  constructor (server: BenchServer) {
    this.#server = server
  }

  /** From here on series count their seconds. */
  begin (): void { this.#startMs = performance.now() }

  async read (): Promise<ServerReading> {
    const { pid } = this.#server
    const health = await this.#server.health()
    const openFiles = readdirSync(`/proc/${pid}/fd`).length
    return { atMs: performance.now(), threads: readThreads(pid), residentBytes: readResidentBytes(pid), openFiles, health }
  }

  /** One point of each series; asks the kernel only. */
  sample (): void {
    const atMs = performance.now()
    const seconds = (atMs - this.#startMs) / 1000
    const cpuMs = readThreads(this.#server.pid).reduce((sum, thread) => sum + thread.cpuMs, 0)
    if (this.#last !== undefined) this.#cpu.push([seconds, (cpuMs - this.#last.cpuMs) / (atMs - this.#last.atMs) * 100])
    this.#last = { atMs, cpuMs }
    this.#memory.push([seconds, readResidentBytes(this.#server.pid) / MB])
  }

  get series (): Series[] {
    return [
      { title: 'CPU of the server', unit: '% of a core', points: round(this.#cpu) },
      { title: 'memory of the server', unit: 'MB', points: round(this.#memory) }
    ]
  }

  /** What each thread used between two readings. */
  uses (before: ServerReading, after: ServerReading): ThreadUse[] {
    const { voiceNice, inferenceNice } = makeConfig().threads
    const kinds = new Map([[voiceNice, 'voice'], [inferenceNice, 'inference']])
    const named = after.health['threads'] as readonly NamedThread[] | undefined ?? []
    return threadUses(this.#server.pid, before.threads, after.threads, after.atMs - before.atMs, named, kinds)
  }
}

/** Processor time of a process so far, in ms. */
export function cpuMsOf (pid: number): number { return readThreads(pid).reduce((sum, { cpuMs }) => sum + cpuMs, 0) }

function round (points: readonly (readonly [number, number])[]): Array<readonly [number, number]> {
  return points.map(([seconds, value]) => [Number(seconds.toFixed(1)), Number(value.toFixed(1))])
}
