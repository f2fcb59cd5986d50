import { spawn } from 'node:child_process'

/**
 * A script of this build in a process of its own: the JSON that it writes last.
 * @throws Error without any
 */
export async function runChild<T> (script: string, args: readonly string[], signal: AbortSignal): Promise<T> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, error] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { error += chunk.toString() })
  const stop = (): void => { child.kill('SIGTERM') }
  signal.addEventListener('abort', stop, { once: true })
  try {
    const code = await new Promise<number | null>((resolve, reject) => { child.once('error', reject).once('close', resolve) })
    const line = out.trimEnd().split('\n').at(-1) ?? ''
    if (!line.startsWith('{')) throw new Error(`${script.split('/').slice(-2).join('/')} ended with code ${code ?? '?'}: ${error.trim().slice(-500)}`)
    return JSON.parse(line) as T
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
