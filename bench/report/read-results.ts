import { readFileSync } from 'node:fs'
import { Type, type TSchema } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import type { BenchResult } from './result.js'

// JSON has no NaN: a figure that is not known comes back as null.
const number = Type.Union([Type.Number(), Type.Null()])
const text = Type.String()
const values = Type.Record(text, Type.Union([text, Type.Number(), Type.Boolean()]))
const list = (item: TSchema) => Type.Array(item)
const pair = Type.Tuple([number, number])

const resultSchema = Type.Object({
  bench: text,
  title: text,
  startedAt: text,
  elapsedSeconds: Type.Number(),
  machine: Type.Object({ node: text, cpu: text, cores: Type.Number(), memoryMb: Type.Number(), kernel: text, os: text, commit: text }),
  options: values,
  settings: values,
  transport: text,
  figures: list(Type.Object({ name: text, value: number, unit: text, spread: Type.Optional(pair) })),
  histograms: list(Type.Object({ title: text, unit: text, step: Type.Number(), encoded: text })),
  series: list(Type.Object({ title: text, unit: text, points: list(pair) })),
  stages: list(Type.Object({ name: text, owner: text, p50Ms: number, p99Ms: number })),
  threads: list(Type.Object({ kind: text, tid: Type.Number(), cpuMs: Type.Number(), percent: Type.Number() })),
  complaints: list(text),
  failures: list(text),
  invalid: list(text)
})

const ajv = new Ajv()
const isResult = ajv.compile(resultSchema)

/**
 * The results of a file that a benchmark wrote: one, several, or the runs of a certificate. The
 * last line of its output, saved, will do.
 * @throws Error that says what is wrong with the file
 */
export function readResults (file: string): BenchResult[] {
  const raw = parseFile(file)
  const all = Array.isArray(raw) ? raw : isCertificate(raw) ? raw.runs : [raw]
  if (all.length === 0) throw new Error(`${file} holds no result`)
  return all.map(one => {
    if (!isResult(one)) throw new Error(`${file} is no result of a benchmark: ${ajv.errorsText(isResult.errors, { dataVar: 'it' })}`)
    return restoreNumbers(one) as unknown as BenchResult
  })
}

/** @throws Error when it cannot be read, or is no JSON */
export function parseFile (file: string): unknown {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  try {
    return JSON.parse(content)
  } catch (error) {
    throw new Error(`${file} is no JSON: ${(error as Error).message}`, { cause: error })
  }
}

function isCertificate (raw: unknown): raw is { readonly runs: readonly unknown[] } {
  return typeof raw === 'object' && raw !== null && Array.isArray((raw as { readonly runs?: unknown }).runs)
}

function restoreNumbers (value: unknown): unknown {
  if (value === null) return Number.NaN
  if (Array.isArray(value)) return value.map(restoreNumbers)
  if (typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, restoreNumbers(item)]))
  return value
}
