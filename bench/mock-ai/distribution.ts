import { readFileSync } from 'node:fs'
import { OptionError } from './option-error.js'
import type { Random } from './random.js'

/** A latency: in ms, drawn for each request. */
export type Distribution = (random: Random) => number

/** No draw is longer than this, whatever the tail. */
export const MAX_LATENCY_MS = 600_000
/** One draw in six is e^5 = 150 times the median and more: beyond any service. */
const MAX_SIGMA = 5
/** The 99th percentile of the standard normal distribution. */
const NORMAL_P99 = 2.3263478740408408

const NUMBER = String.raw`\d+(?:\.\d+)?`
const fixedForm = new RegExp(`^${NUMBER}$`)
const lognormalForm = new RegExp(`^lognormal:(${NUMBER}),(${NUMBER})$`)
const percentileForm = new RegExp(`^p50=(${NUMBER}),p99=(${NUMBER})$`)

export const fixed = (ms: number): Distribution => () => ms

/** Half of the draws are below the median; sigma is that of their logarithm. */
export const lognormal = (medianMs: number, sigma: number): Distribution => random => {
  return Math.min(MAX_LATENCY_MS, medianMs * Math.exp(sigma * drawNormal(random)))
}

/**
 * Reads `150`, `lognormal:150,0.4`, `p50=150,p99=400` or `file:PATH`.
 * @throws OptionError
 */
export function parseDistribution (option: string, text: string): Distribution {
  if (text.startsWith('file:')) return drawnFrom(readLatencies(option, text.slice('file:'.length)))
  const [, medianMs, sigma] = lognormalForm.exec(text) ?? []
  if (sigma !== undefined) return lognormal(checkMs(option, Number(medianMs)), checkSigma(option, Number(sigma)))
  const [, p50, p99] = percentileForm.exec(text) ?? []
  if (p99 !== undefined) return byPercentiles(option, Number(p50), Number(p99))
  if (fixedForm.test(text)) return fixed(checkMs(option, Number(text)))
  throw new OptionError(`--${option} is a number of ms, lognormal:MEDIAN,SIGMA, p50=MS,p99=MS or file:PATH, not "${text}"`)
}

function byPercentiles (option: string, p50: number, p99: number): Distribution {
  if (p50 === 0 || p99 < p50) throw new OptionError(`--${option} has a p50 above 0 and a p99 that is not below it, not p50=${p50},p99=${p99}`)
  return lognormal(checkMs(option, p50), Math.log(checkMs(option, p99) / p50) / NORMAL_P99)
}

function drawnFrom (latencies: readonly number[]): Distribution {
  return random => latencies[Math.floor(random() * latencies.length)]!
}

// One number per line, or a list as JSON.
function readLatencies (option: string, file: string): number[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new OptionError(`--${option}: cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const latencies = text.startsWith('[') ? parseList(text) : text.split(/\s*\n\s*/).map(line => line === '' ? Number.NaN : Number(line))
  if (latencies.length === 0 || !latencies.every(isLatency)) {
    throw new OptionError(`--${option}: ${file} is neither one number from 0 to ${MAX_LATENCY_MS} per line nor a JSON list of them`)
  }
  return latencies
}

function parseList (text: string): unknown[] {
  try { return JSON.parse(text) as unknown[] } catch { return [] }
}

function isLatency (value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_LATENCY_MS
}

function checkMs (option: string, ms: number): number {
  if (!isLatency(ms)) throw new OptionError(`--${option} is from 0 to ${MAX_LATENCY_MS} ms, not ${ms}`)
  return ms
}

function checkSigma (option: string, sigma: number): number {
  if (sigma > MAX_SIGMA) throw new OptionError(`--${option} has a sigma from 0 to ${MAX_SIGMA}, not ${sigma}`)
  return sigma
}

// Box and Muller's; 1 - u is never 0.
function drawNormal (random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()))
  return radius * Math.cos(2 * Math.PI * random())
}
