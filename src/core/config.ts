import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { Ajv } from 'ajv'
import { configLeaves } from './config-leaves.js'
import { readCommandLine, readEnvironmentLayer, readFileLayer, readOpenAiLayer, refuseValue, type ConfigLayer, type ConfigValue, type Environment, type FlagKind } from './config-layers.js'
import { configSchema, type Config } from './config-schema.js'
import { ChorusError } from './errors.js'

export interface ConfigInput {
  /** Arguments after the program's name. */
  readonly argv?: readonly string[]
  readonly env?: Environment
  /** Directory taken where neither flag nor variable names one. */
  readonly dataDir?: string
  /** Flags of the program that are no settings. */
  readonly flags?: Readonly<Record<string, FlagKind>>
}

export interface LoadedConfig {
  /** Complete, valid and frozen; `config.data` is absolute. */
  readonly config: Config
  /** Given flags that are no settings. */
  readonly flags: Readonly<Record<string, string | boolean>>
  /** Files that were read, first to last. */
  readonly files: readonly string[]
  /** Where a setting came from: a file with line, a variable, a flag, or `default`. */
  sourceOf (path: string): string
}

/** The directory that holds package.json, config/ and docs/. */
export const projectDir = findProjectDir(dirname(fileURLToPath(import.meta.url)))

const validate = makeAjv().compile<Config>(configSchema)

/**
 * `config/default.yaml` ← `OPENAI_*` ← `<data>/config.yaml` ← `CHORUS_*` ← command line.
 * @throws CHORUS_CONFIG_INVALID, CHORUS_CONFIG_UNKNOWN_KEY, CHORUS_CONFIG_UNREADABLE
 */
export function loadConfig (input: ConfigInput = {}): LoadedConfig {
  const env = input.env ?? process.env
  const { layer: commandLine, flags } = readCommandLine(input.argv ?? process.argv.slice(2), input.flags ?? {})
  const environment = readEnvironmentLayer(env)
  const files = [join(projectDir, 'config', 'default.yaml')]
  const defaults = dropSchemaDefaults(readFileLayer(files[0]!, true))
  if (input.dataDir !== undefined) defaults.set('data', { value: input.dataDir, source: 'program' })
  const above = mergeLayers([schemaLayer(), defaults, environment, commandLine])
  const dataDir = resolve(String(above.get('data')!.value))
  const dataFile = join(dataDir, 'config.yaml')
  const operator = readFileLayer(dataFile, true)
  const misplaced = operator.get('data')
  if (misplaced !== undefined) throw new ChorusError('CHORUS_CONFIG_INVALID', [misplaced.source, 'data', 'it in CHORUS_DATA or --data, since this file is inside that directory'])
  if (existsSync(dataFile)) files.push(dataFile)
  const values = mergeLayers([schemaLayer(), defaults, readOpenAiLayer(env), operator, environment, commandLine])
  checkValues(values)
  values.set('data', { value: dataDir, source: values.get('data')!.source })
  return {
    config: freeze(toTree(values)),
    flags,
    files: files.map(file => relative('.', file)),
    sourceOf: path => values.get(path)?.source ?? 'default'
  }
}

/** A configuration for tests and tools: the defaults with some settings replaced, by path. */
export function makeConfig (overrides: Readonly<Record<string, unknown>> = {}): Config {
  const layer: ConfigLayer = new Map(Object.entries(overrides).map(([path, value]) => [path, { value, source: 'program' }]))
  for (const path of layer.keys()) if (!configLeaves.has(path)) throw new ChorusError('CHORUS_CONFIG_UNKNOWN_KEY', ['program', path, ''])
  const values = mergeLayers([schemaLayer(), layer])
  checkValues(values)
  return freeze(toTree(values))
}

function schemaLayer (): ConfigLayer {
  return new Map([...configLeaves.values()].map(({ path, schema }) => [path, { value: schema.default, source: 'default' }]))
}

// A value that the schema has anyway is nobody's choice, and must not be named as the culprit.
function dropSchemaDefaults (layer: ConfigLayer): ConfigLayer {
  return new Map([...layer].filter(([path, { value }]) => !isDeepStrictEqual(value, configLeaves.get(path)?.schema.default)))
}

function mergeLayers (layers: readonly ConfigLayer[]): ConfigLayer {
  return new Map(layers.flatMap(layer => [...layer]))
}

function checkValues (values: ConfigLayer): void {
  const tree = toTree(values)
  if (!validate(tree)) {
    const parts = (validate.errors?.[0]?.instancePath ?? '').split('/').slice(1)
    // The place may be an item of a list, which is deeper than the setting.
    while (parts.length > 1 && !configLeaves.has(parts.join('.'))) parts.pop()
    const path = parts.join('.')
    const { source, value } = values.get(path) ?? { source: 'settings', value: undefined }
    refuseValue(source, value, configLeaves.get(path))
  }
  refuseContradictions(values)
}

/** What no single setting can tell. */
function refuseContradictions (values: ConfigLayer): void {
  mustNotExceed(values, 'hearing.silenceThreshold', 'hearing.speechThreshold')
  mustNotExceed(values, 'playout.leadMs', 'playout.refillMs')
  mustNotExceed(values, 'playout.refillMs', 'playout.maxAheadMs')
}

function mustNotExceed (values: ConfigLayer, lower: string, upper: string): void {
  const low = values.get(lower)!
  const high = values.get(upper)!
  if (Number(low.value) <= Number(high.value)) return
  // The one that somebody set is the one to name.
  const [set, expected]: [ConfigValue, string] = low.source === 'default'
    ? [high, `at least ${lower}, which is ${String(low.value)}`]
    : [low, `at most ${upper}, which is ${String(high.value)}`]
  throw new ChorusError('CHORUS_CONFIG_INVALID', [set.source, JSON.stringify(set.value), expected])
}

function toTree (values: ConfigLayer): Config {
  const tree: Record<string, unknown> = {}
  for (const [path, { value }] of values) {
    const keys = path.split('.')
    const last = keys.pop()!
    let branch = tree
    for (const key of keys) branch = (branch[key] ??= {}) as Record<string, unknown>
    branch[last] = structuredClone(value)
  }
  return tree as Config
}

function freeze<T> (value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const child of Object.values(value)) freeze(child)
  }
  return value
}

function makeAjv (): Ajv {
  const ajv = new Ajv({ strict: true })
  ajv.addVocabulary(['secret', 'expects'])
  return ajv
}

// The same file runs from the sources and from the build, at different depths.
function findProjectDir (from: string): string {
  if (existsSync(join(from, 'package.json'))) return from
  const parent = dirname(from)
  return parent === from ? process.cwd() : findProjectDir(parent)
}
