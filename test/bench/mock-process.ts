import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../../bench/mock-ai.js', import.meta.url))

export interface MockProcess { readonly baseUrl: string, readonly pid: number, stop (): Promise<number | null> }

/** The service in its own process, until the test ends. */
export async function startMock (t: TestContext, args: readonly string[] = []): Promise<MockProcess> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<number | null>(resolve => { child.once('exit', resolve) })
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM')
    return await exited
  }
  t.after(stop)
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', code => { reject(new Error(`it ended with ${code}`)) })
  })
  const { port, baseUrl } = JSON.parse(line) as { port: number, baseUrl: string }
  if (!baseUrl.includes(`:${port}/`)) throw new Error(`one line says ${line}`)
  return { baseUrl, pid: child.pid!, stop }
}

/** Without waiting for anything: the shortest latencies there are. */
export const QUICK = ['--asr-ms', '0', '--first-token-ms', '0', '--token-ms', '0', '--first-audio-ms', '0', '--speech-rate', '1000'] as const
