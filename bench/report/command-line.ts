import { relative } from 'node:path'
import { projectDir } from '../../src/core/config.js'
import type { BenchResult } from './result.js'

/** Options that are flags of every load benchmark. */
const FLAGS = ['devices', 'seconds', 'asr', 'seed', 'generators']

/** The command that this process is, as it may be typed again. */
export function ownCommand (): string {
  const script = process.env['npm_lifecycle_event']
  const entry = relative(projectDir, process.argv[1] ?? '').replace(/^build\//, '').replace(/\.js$/, '')
  const args = process.argv.slice(2).map(quote)
  const program = script === undefined ? `node scripts/run.mjs ${entry}` : `npm run ${script}${args.length > 0 ? ' --' : ''}`
  return [program, ...args].join(' ')
}

/** What repeats a run: what it says itself, or else what follows from its options. */
export function commandOf ({ command, bench, options, settings }: BenchResult): string {
  if (command !== undefined) return command
  const flags = FLAGS.filter(name => options[name] !== undefined).flatMap(name => [`--${name}`, quote(String(options[name]))])
  const set = Object.entries(settings).map(([path, value]) => `${path}=${String(value)}`).join(',')
  const args = [...flags, ...(set === '' ? [] : ['--set', quote(set)])]
  return [`npm run bench:${bench}`, ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
}

function quote (text: string): string { return /^[\w.,:=/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'` }
