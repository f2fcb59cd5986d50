import { ownCommand } from '../report/command-line.js'
import { publish } from '../report/publish.js'
import type { BenchResult, Figure } from '../report/result.js'
import { renderText } from '../report/text.js'
import { readFlags, readSettings, runMain, type NumberFlag } from '../support/options.js'
import { loadResult, type Bounds } from './load-result.js'
import { runLoad, warmUpFor, type LoadOptions, type LoadOutcome } from './run-load.js'
import { loadScenario, type Scenario } from './scenario.js'

/** A benchmark that is a fleet, a scenario and bounds. */
export interface LoadCommand {
  readonly bench: string
  /** In bench/scenarios. */
  readonly scenario: string
  readonly devices: number
  readonly seconds: number
  /** Longer than until everybody has been answered: added to the warm-up. */
  readonly settleSeconds?: number
  readonly bounds: Bounds
  /** Of the server; what `--set` says goes before. */
  readonly settings?: LoadOptions['settings']
  readonly mockArguments?: readonly string[]
  /** Flags of its own, with what they change in the scenario. */
  readonly flags?: Readonly<Record<string, NumberFlag>>
  readonly adapt?: (scenario: Scenario, numbers: Readonly<Record<string, number>>) => Scenario
  /** Beside what every load is asked. */
  readonly figures?: (outcome: LoadOutcome) => readonly Figure[]
}

/** Reads the command line, runs the load and tells what came of it. */
export async function runLoadCommand (command: LoadCommand): Promise<void> {
  await runMain(async () => {
    const { numbers, switches, texts } = readFlags({
      numbers: {
        devices: { fallback: command.devices, minimum: 1, maximum: 65_536 },
        seconds: { fallback: command.seconds, minimum: 1, maximum: 864_000 },
        seed: { fallback: 1, minimum: 0, maximum: 0xffff },
        generators: { fallback: 1, minimum: 1, maximum: 64 },
        'settle-s': { fallback: command.settleSeconds ?? 0, minimum: 0, maximum: 86_400 },
        parts: { fallback: 3, minimum: 1, maximum: 1000 },
        ...command.flags
      },
      switches: ['json'],
      texts: ['asr', 'scenario', 'set', 'mock', 'curve']
    })
    const screen = switches.has('json') ? process.stderr : process.stdout
    const asr = texts['asr'] ?? 'mock'
    if (asr !== 'mock' && asr !== 'local') throw new Error(`--asr is mock or local, not "${asr}"`)
    const named = loadScenario(texts['scenario'] ?? command.scenario)
    const scenario = command.adapt?.(named, numbers) ?? named
    const options = {
      scenario,
      seconds: numbers['seconds']!,
      warmUpSeconds: warmUpFor(scenario) + numbers['settle-s']!,
      parts: numbers['parts']!,
      asr,
      seed: numbers['seed']!,
      generators: numbers['generators']!,
      settings: { ...command.settings, ...readSettings(texts['set']) },
      mockArguments: [...command.mockArguments ?? [], ...(texts['mock'] ?? '').split(' ').filter(part => part !== '')],
      onProgress: (text: string) => { process.stderr.write(`${text}\n`) }
    } as const
    const results: BenchResult[] = []
    for (const devices of readCurve(texts['curve']) ?? [numbers['devices']!]) {
      const result = { ...await measure(command, { ...options, devices }), command: ownCommand() }
      results.push(result)
      screen.write(renderText(result))
    }
    return publish(results, screen)
  })
}

/** Numbers of devices, one run for each: `--curve 10,20,30`. */
function readCurve (text: string | undefined): number[] | undefined {
  const numbers = text?.split(',').map(Number)
  if (numbers?.every(count => Number.isInteger(count) && count > 0) === false) throw new Error(`--curve is a list of numbers, not "${text}"`)
  return numbers
}

/** One run of a load, as a result. */
export async function measure (command: LoadCommand, options: LoadOptions): Promise<BenchResult> {
  const startedAt = new Date()
  const outcome = await runLoad(options)
  const { bench, bounds, figures } = command
  return loadResult(outcome, { bench, title: options.scenario.title, startedAt, bounds, figures: figures?.(outcome) ?? [] })
}
