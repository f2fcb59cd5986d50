import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface ChildOptions {
  /** For messages. */
  readonly name: string
  readonly script: string
  readonly args?: readonly string[]
  readonly nodeArgs?: readonly string[]
  /** Exit codes with which there is a result; 0 if none are given. */
  readonly codes?: readonly number[]
}

/**
 * Runs a script of ours; its result is the last line that it prints. What it writes to stderr is
 * seen as it comes.
 * @throws Error with its exit code and its last words
 */
export async function runForJson ({ name, script, args = [], nodeArgs = [], codes = [0] }: ChildOptions): Promise<unknown> {
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errorOutput = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errorOutput += text
    process.stderr.write(text)
  })
  const [code, signal] = await once(child, 'close') as [number | null, NodeJS.Signals | null]
  const line = lastLine(output)
  if (code === null || !codes.includes(code) || !line.startsWith('{')) {
    throw new Error(`${name}: its process ended with ${code ?? signal ?? '?'}: ${lastLine(errorOutput) || 'it said nothing'}`)
  }
  return JSON.parse(line)
}

function lastLine (text: string): string { return text.trim().split('\n').at(-1)! }
