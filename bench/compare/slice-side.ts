import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { SliceOrder, SliceReport } from './slice-process.js'

/** Loading models and encoding speech takes seconds where others want the machine, too. */
const PATIENCE_MS = 60_000

/** A case cannot run in this build; the message is the last line that its process wrote. */
export class CaseError extends Error {}

/** A process of one build that runs slices of a micro-benchmark. */
export class SliceSide {
  readonly #child: ChildProcess
  readonly #ended: Promise<never>
  #errorOutput = ''

  /** @param folder a checkout that is built */
  constructor (folder: string, name: string) {
    const script = join(folder, 'build', 'bench', 'compare', 'slice-process.js')
    this.#child = fork(script, [name], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => { this.#errorOutput += text })
    this.#ended = once(this.#child, 'close').then(() => { throw new CaseError(errorLine(this.#errorOutput)) })
    this.#ended.catch(() => {}) // it may end once it is not needed any more
  }

  async ready (): Promise<void> { await this.#next() }

  /** @returns microseconds of CPU time per operation */
  async runSlice (sliceMs: number): Promise<number> {
    this.#child.send({ sliceMs } satisfies SliceOrder)
    const report = await this.#next()
    if (report.kind !== 'slice') throw new Error('a slice was not measured')
    return report.cpuUs / report.operations
  }

  close (): void { if (this.#child.connected) this.#child.disconnect() }

  async #next (): Promise<SliceReport> {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const [message] = await Promise.race([once(this.#child, 'message', { signal }), this.#ended]) as [SliceReport]
    return message
  }
}

/** The line of a stack trace that says what went wrong. */
function errorLine (text: string): string {
  const lines = text.trim().split('\n')
  return lines.find(line => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? 'it said nothing'
}
