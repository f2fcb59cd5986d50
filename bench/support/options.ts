import { parseArgs, type ParseArgsConfig } from 'node:util'

/** The value of a flag must be a number within these limits; `fallback` where it is not given. */
export interface NumberFlag { readonly fallback: number, readonly minimum: number, readonly maximum: number }

export interface FlagTable {
  readonly numbers?: Readonly<Record<string, NumberFlag>>
  readonly switches?: readonly string[]
  readonly texts?: readonly string[]
}

export interface Flags {
  readonly numbers: Readonly<Record<string, number>>
  readonly switches: ReadonlySet<string>
  readonly texts: Readonly<Record<string, string | undefined>>
}

/**
 * Reads the command line of a benchmark.
 * @throws Error that says which flag is wrong and which there are
 */
export function readFlags ({ numbers = {}, switches = [], texts = [] }: FlagTable, args = process.argv.slice(2)): Flags {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const name of [...Object.keys(numbers), ...texts]) options[name] = { type: 'string' }
  for (const name of switches) options[name] = { type: 'boolean' }
  const known = Object.keys(options).map(name => `--${name}`).join(', ')
  let values: Record<string, unknown>
  try {
    values = parseArgs({ args, options, strict: true }).values
  } catch (error) {
    throw new Error(`${(error as Error).message.split('. ')[0]}; there are ${known}`, { cause: error })
  }
  return {
    numbers: Object.fromEntries(Object.entries(numbers).map(([name, flag]) => [name, readNumber(name, values[name], flag)])),
    switches: new Set(switches.filter(name => values[name] === true)),
    texts: Object.fromEntries(texts.map(name => [name, values[name] as string | undefined]))
  }
}

function readNumber (name: string, text: unknown, { fallback, minimum, maximum }: NumberFlag): number {
  if (text === undefined) return fallback
  const value = Number(text)
  if (text !== '' && value >= minimum && value <= maximum) return value
  throw new Error(`--${name} must be a number from ${minimum} to ${maximum}, not "${String(text)}"`)
}

/**
 * Settings of the server as one flag has them: `hearing.batchWindows=16,hearing.batchWaitMs=3`. The
 * server checks them.
 * @throws Error when it is something else
 */
export function readSettings (text = ''): Readonly<Record<string, string>> {
  return Object.fromEntries(text.split(',').filter(part => part !== '').map(part => {
    const at = part.indexOf('=')
    if (at < 1) throw new Error(`--set takes settings such as hearing.batchWindows=16, with commas between them, not "${part}"`)
    return [part.slice(0, at), part.slice(at + 1)]
  }))
}

/** Runs a benchmark's `main`; what it throws is told in one line and ends the process with 2. */
export async function runMain (main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  }
}
