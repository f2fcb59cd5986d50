import { pino, type DestinationStream, type Logger } from 'pino'
import type { Config } from './config-schema.js'

export type LogLevel = Config['log']['level']
export type LogFields = Readonly<Record<string, unknown>>

export interface Log {
  trace (msg: string, fields?: LogFields): void
  debug (msg: string, fields?: LogFields): void
  info (msg: string, fields?: LogFields): void
  warn (msg: string, fields?: LogFields): void
  error (msg: string, fields?: LogFields): void
  /** A log that adds `fields` to each of its lines. */
  child (fields: LogFields): Log
}

export interface LogOptions {
  /** JSON lines instead of lines for people. */
  readonly json: boolean
  readonly level: LogLevel
  /** Where lines go; stdout if absent. */
  readonly destination?: DestinationStream
  readonly isColored?: boolean
}

interface LineHead { readonly level: LogLevel, readonly time: number, readonly msg: string }

const LEVELS = { trace: '2', debug: '2', info: '32', warn: '33', error: '31' } as const
const PLAIN_WORD = /^[\p{L}\p{N}_./:@+-]+$/u

/**
 * The log. `event` in the fields names what happened, for programs. What people say, prompts and
 * answers travel under `pii`, as an object or as `pii.…` keys, dropped unless the level is trace.
 */
export function createLog (options: LogOptions): Log {
  // Synchronous, so that the last words before an exit are written.
  const output = options.destination ?? pino.destination({ dest: 1, sync: true })
  const isColored = options.isColored ?? (process.stdout.isTTY && process.stdout.hasColors())
  const destination = options.json ? output : { write: (line: string) => output.write(formatLine(line, isColored)) }
  const base = pino({
    level: options.level,
    base: null,
    timestamp: () => `,"time":${Date.now()}`,
    formatters: { level: label => ({ level: label }) }
  }, destination)
  return wrapLogger(base, options.level === 'trace')
}

function wrapLogger (logger: Logger<never>, keepsPii: boolean): Log {
  const write = (level: LogLevel, msg: string, fields?: LogFields): void => {
    if (!logger.isLevelEnabled(level)) return
    logger[level](cleanFields(fields ?? {}, keepsPii), msg)
  }
  return {
    trace: (msg, fields) => { write('trace', msg, fields) },
    debug: (msg, fields) => { write('debug', msg, fields) },
    info: (msg, fields) => { write('info', msg, fields) },
    warn: (msg, fields) => { write('warn', msg, fields) },
    error: (msg, fields) => { write('error', msg, fields) },
    child: fields => wrapLogger(logger.child(cleanFields(fields, keepsPii)), keepsPii)
  }
}

function cleanFields (fields: LogFields, keepsPii: boolean): Record<string, unknown> {
  const clean: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields)) {
    if (!keepsPii && (key === 'pii' || key.startsWith('pii.'))) continue
    // These three are the log's own; a field of the same name would be a second key in the line.
    const name = key === 'level' || key === 'time' || key === 'msg' ? `${key}_` : key
    clean[name] = value instanceof Error ? describeCause(value) : value
  }
  return clean
}

function describeCause (error: Error): Record<string, unknown> {
  const code = 'code' in error ? { code: error.code } : {}
  const cause = error.cause instanceof Error ? { cause: describeCause(error.cause) } : {}
  return { ...code, message: error.message, stack: error.stack, ...cause }
}

/** `12:00:00.000 info  listening port=8000` */
function formatLine (line: string, isColored: boolean): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as LineHead & Record<string, unknown>
  const paint = (text: string, code: string): string => isColored && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text
  const stacks: string[] = []
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${formatValue(value, stacks)}`)
  const head = `${paint(formatTime(time), '2')} ${paint(level.padEnd(5), LEVELS[level])} ${msg}`
  const tail = pairs.length === 0 ? '' : ` ${paint(pairs.join(' '), '2')}`
  return `${head}${tail}\n${stacks.map(stack => `    ${stack.replaceAll('\n', '\n    ')}\n`).join('')}`
}

function formatValue (value: unknown, stacks: string[]): string {
  if (isErrorRecord(value)) {
    // The stack of an error that is no message of ours helps to find it.
    if (value.code === undefined) stacks.push(value.stack)
    return JSON.stringify(value.message)
  }
  return typeof value === 'string' && PLAIN_WORD.test(value) ? value : JSON.stringify(value)
}

function isErrorRecord (value: unknown): value is { message: string, stack: string, code?: unknown } {
  return typeof value === 'object' && value !== null && 'stack' in value && typeof value.stack === 'string' && 'message' in value
}

function formatTime (time: number): string {
  const date = new Date(time)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
}
