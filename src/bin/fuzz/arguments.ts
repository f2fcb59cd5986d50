import { parseArgs } from 'node:util'

import { UsageError } from '../shared/usage-error.js'

export interface FuzzOptions {
  readonly minutes: number
  readonly seed: number
  /** Exchanges begun per second; 0: nobody attacks. */
  readonly perSecond: number
  readonly lanes: number
  readonly healthy: number
  readonly healthyMqtt: number
  readonly lateMs: number
  readonly maxGrowthMb: number
  readonly localAddress: string | undefined
  readonly logMb: number
  readonly out: string
  readonly replay: string | undefined
  readonly last: number | undefined
  readonly serverSettings: readonly string[]
  readonly isJson: boolean
  readonly help: boolean
}

export const usage = `usage: npm run fuzz -- [options] [-- settings of the server]

  --minutes M        for how long (1)
  --seed N           of what the attackers send; the same seed sends the same (1)
  --rate R           exchanges that they begin per second (20); 0: a run without them, to compare.
                     An exchange is one connection with up to 40 inputs, a flood has 1000
  --lanes N          exchanges under way at once (200)
  --healthy N        devices that talk beside it over WebSocket (15)
  --healthy-mqtt N   and over MQTT and UDP (5)
  --late-ms MS       a turn whose first audio comes later than this is late (2500)
  --max-growth-mb N  most that the server's memory may grow after it is warm (64)
  --from ADDRESS     of the attackers (127.0.0.2 where that exists)
  --log-mb N         most that the log of inputs may take, in MB (64)
  --out DIR          where the inputs are logged (fuzzed)
  --replay FILE      send the inputs of a log again, oldest first, and nobody else
  --last N           of them the last N only
  --json             everything as one line of JSON

It starts a server of its own, the mock AI service, the devices and the attackers, each in a process
of its own. Exit code: 0 if all verdicts passed, 1 if not, 2 for a wrong call. See docs/fuzzing.md.
`

/** @throws UsageError */
export function parseArguments (args: readonly string[]): FuzzOptions {
  const values = readArguments(args)
  const { replay } = values
  if (values.last !== undefined && replay === undefined) throw new UsageError('--last goes with --replay')
  return {
    minutes: readNumber('minutes', values.minutes, 1, { least: 0.05, most: 7 * 1440 }),
    seed: readNumber('seed', values.seed, 1, { least: 0, most: 0xffff_ffff, isWhole: true }),
    perSecond: readNumber('rate', values.rate, 20, { least: 0, most: 10_000 }),
    lanes: readNumber('lanes', values.lanes, 200, { least: 1, most: 10_000, isWhole: true }),
    healthy: readNumber('healthy', values.healthy, 15, { least: 0, most: 10_000, isWhole: true }),
    healthyMqtt: readNumber('healthy-mqtt', values['healthy-mqtt'], 5, { least: 0, most: 10_000, isWhole: true }),
    lateMs: readNumber('late-ms', values['late-ms'], 2500, { least: 1, most: 60_000 }),
    maxGrowthMb: readNumber('max-growth-mb', values['max-growth-mb'], 64, { least: 0, most: 1_000_000 }),
    localAddress: values.from ?? (process.platform === 'linux' ? '127.0.0.2' : undefined),
    logMb: readNumber('log-mb', values['log-mb'], 64, { least: 1, most: 100_000 }),
    out: values.out ?? 'fuzzed',
    replay,
    last: values.last === undefined ? undefined : readNumber('last', values.last, 1, { least: 1, most: 1e9, isWhole: true }),
    serverSettings: values.positionals,
    isJson: values.json === true,
    help: values.help === true
  }
}

interface NumberRules { readonly least: number, readonly most: number, readonly isWhole?: boolean }

function readNumber (name: string, text: string | undefined, byDefault: number, { least, most, isWhole = false }: NumberRules): number {
  if (text === undefined) return byDefault
  const value = Number(text)
  if (text.trim() !== '' && value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value
  throw new UsageError(`--${name} is a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}, not "${text}"`)
}

function readArguments (args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        minutes: text, seed: text, rate: text, lanes: text, healthy: text, 'healthy-mqtt': text, 'late-ms': text, 'max-growth-mb': text,
        from: text, 'log-mb': text, out: text, replay: text, last: text, json: flag, help: { type: 'boolean', short: 'h' }
      }
    })
    return { ...values, positionals }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
