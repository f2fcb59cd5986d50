import { readFileSync } from 'node:fs'
import { isMap, isScalar, LineCounter, parseDocument, type YAMLMap } from 'yaml'
import { configGroups, configLeaves, describeExpected, type ConfigLeaf } from './config-leaves.js'
import { ChorusError, describeError } from './errors.js'
import { findNearMiss } from './near-miss.js'

/** A value and where it came from, as an error names it. */
export interface ConfigValue { readonly value: unknown, readonly source: string }

/** Some settings, by path. Later layers win over earlier ones. */
export type ConfigLayer = Map<string, ConfigValue>

export type Environment = Readonly<Record<string, string | undefined>>

/** A flag that is no setting, as a program declares it. */
export type FlagKind = 'switch' | 'text'

export interface CommandLine {
  readonly layer: ConfigLayer
  readonly flags: Readonly<Record<string, string | boolean>>
}

// Kubernetes puts these into every container beside a Service that is named "chorus".
const KUBERNETES_NAME = /^CHORUS_(SERVICE_(HOST|PORT)(_\w+)?|PORT_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)$/
const KUBERNETES_PORT = /^(tcp|udp):\/\//

const OPENAI_NAMES = { OPENAI_API_KEY: 'llm.openai.apiKey', OPENAI_BASE_URL: 'llm.openai.baseUrl' } as const

/**
 * The settings of a YAML file; none if `isOptional` and there is no such file.
 * @throws CHORUS_CONFIG_UNREADABLE, CHORUS_CONFIG_UNKNOWN_KEY, CHORUS_CONFIG_INVALID
 */
export function readFileLayer (path: string, isOptional: boolean): ConfigLayer {
  const layer: ConfigLayer = new Map()
  const text = readText(path, isOptional)
  if (text === undefined) return layer
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const problem = document.errors[0]
  if (problem !== undefined) throw new ChorusError('CHORUS_CONFIG_UNREADABLE', [path, problem.message.split('\n')[0]!.replace(/:$/, '')])
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) return layer
  if (!isMap(document.contents)) throw new ChorusError('CHORUS_CONFIG_UNREADABLE', [path, 'the file is not a list of settings'])
  walkMap(document.contents, '', (offset, key) => `${path}:${lines.linePos(offset).line} (${key})`, layer)
  return layer
}

/**
 * The settings in `CHORUS_*` variables. An empty variable counts as absent: compose files pass
 * `${NAME:-}` for what the operator left out.
 * @throws CHORUS_CONFIG_UNKNOWN_KEY, CHORUS_CONFIG_INVALID
 */
export function readEnvironmentLayer (env: Environment): ConfigLayer {
  const byName = new Map([...configLeaves.values()].map(leaf => [leaf.envName, leaf]))
  const layer: ConfigLayer = new Map()
  for (const [name, raw] of Object.entries(env)) {
    if (!name.startsWith('CHORUS_') || raw === undefined || raw === '') continue
    const leaf = byName.get(name)
    if (leaf !== undefined) layer.set(leaf.path, { value: parseText(leaf, raw, name), source: name })
    else if (!isFromKubernetes(name, raw)) refuseUnknown('environment', name, [...byName.keys()])
  }
  return layer
}

/** The variables that every program of this kind reads. */
export function readOpenAiLayer (env: Environment): ConfigLayer {
  const layer: ConfigLayer = new Map()
  for (const [name, path] of Object.entries(OPENAI_NAMES)) {
    const value = env[name]
    if (value !== undefined && value !== '') layer.set(path, { value, source: name })
  }
  return layer
}

/**
 * The settings on a command line, and the program's own flags.
 * @throws CHORUS_CONFIG_UNKNOWN_KEY, CHORUS_CONFIG_INVALID
 */
export function readCommandLine (argv: readonly string[], ownFlags: Readonly<Record<string, FlagKind>>): CommandLine {
  const layer: ConfigLayer = new Map()
  const flags: Record<string, string | boolean> = {}
  for (let index = 0; index < argv.length; index++) {
    const { name, inline } = splitFlag(argv[index]!)
    const isNegated = !isKnown(name, ownFlags) && name.startsWith('no-') && isSwitch(name.slice(3), ownFlags)
    const path = isNegated ? name.slice(3) : name
    if (!isKnown(path, ownFlags)) refuseUnknownFlag(path, Object.keys(ownFlags))
    const leaf = configLeaves.get(path)
    let raw = inline
    if (isSwitch(path, ownFlags)) raw ??= 'true'
    else if (raw === undefined) raw = argv[++index]
    if (raw === undefined || (isNegated && inline !== undefined)) refuseValue(`--${name}`, inline, leaf)
    if (leaf === undefined) flags[path] = ownFlags[path] === 'switch' ? raw === 'true' && !isNegated : raw
    else setFlag(layer, leaf, isNegated ? 'false' : raw)
  }
  return { layer, flags }
}

function setFlag (layer: ConfigLayer, leaf: ConfigLeaf, raw: string): void {
  const source = `--${leaf.path}`
  const value = parseText(leaf, raw, source)
  const earlier = layer.get(leaf.path)?.value
  layer.set(leaf.path, { value: Array.isArray(earlier) && Array.isArray(value) ? [...earlier, ...value] : value, source })
}

function splitFlag (argument: string): { name: string, inline: string | undefined } {
  const match = /^--([^=]+)(?:=(.*))?$/s.exec(argument)
  if (match === null) throw new ChorusError('CHORUS_CONFIG_UNKNOWN_KEY', ['command line', argument, ': settings look like --gateway.port 8000'])
  return { name: match[1]!, inline: match[2] }
}

function isKnown (name: string, ownFlags: Readonly<Record<string, FlagKind>>): boolean {
  return configLeaves.has(name) || Object.hasOwn(ownFlags, name)
}

function isSwitch (name: string, ownFlags: Readonly<Record<string, FlagKind>>): boolean {
  return configLeaves.get(name)?.kind === 'boolean' || (Object.hasOwn(ownFlags, name) && ownFlags[name] === 'switch')
}

function refuseUnknownFlag (path: string, ownFlags: readonly string[]): never {
  const sameEnd = [...configLeaves.keys()].filter(known => known.endsWith(`.${path}`)).map(known => `--${known}`)
  const nearOwn = findNearMiss(path, ownFlags)
  const meant = [...(nearOwn === undefined ? [] : [`--${nearOwn}`]), ...sameEnd]
  if (sameEnd.length > 0) throw new ChorusError('CHORUS_CONFIG_UNKNOWN_KEY', ['command line', `--${path}`, `, did you mean ${meant.join(' or ')}?`])
  refuseUnknown('command line', `--${path}`, [...configLeaves.keys(), ...ownFlags].map(name => `--${name}`))
}

function refuseUnknown (source: string, name: string, candidates: readonly string[]): never {
  const near = findNearMiss(name, candidates)
  const inside = candidates.filter(candidate => candidate.startsWith(`${name}.`) || candidate.startsWith(`${name}_`))
  const hint = inside.length > 0 ? `, it is a group of: ${inside.join(', ')}` : near === undefined ? '' : `, did you mean "${near}"?`
  throw new ChorusError('CHORUS_CONFIG_UNKNOWN_KEY', [source, name, hint])
}

/** @throws CHORUS_CONFIG_INVALID always */
export function refuseValue (source: string, value: unknown, leaf: ConfigLeaf | undefined): never {
  const shown = leaf?.isSecret === true ? 'the given value' : value === undefined ? 'nothing' : JSON.stringify(value)
  throw new ChorusError('CHORUS_CONFIG_INVALID', [source, shown, leaf === undefined ? 'a value' : describeExpected(leaf)])
}

function isFromKubernetes (name: string, raw: string): boolean {
  return KUBERNETES_NAME.test(name) || (name === 'CHORUS_PORT' && KUBERNETES_PORT.test(raw))
}

/** Text, as variables and flags hold it, to the type of the setting. */
function parseText (leaf: ConfigLeaf, raw: string, source: string): unknown {
  switch (leaf.kind) {
    case 'text': return raw
    case 'texts': return raw === '' ? [] : raw.split(/[,，]/).map(part => part.trim())
    case 'number': {
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(raw.trim())) refuseValue(source, raw, leaf)
      return Number(raw)
    }
    case 'boolean': {
      if (/^(true|yes|on|1)$/i.test(raw)) return true
      if (/^(false|no|off|0)$/i.test(raw)) return false
      return refuseValue(source, raw, leaf)
    }
  }
}

function readText (path: string, isOptional: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isOptional && error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new ChorusError('CHORUS_CONFIG_UNREADABLE', [path, describeError(error)], { cause: error })
  }
}

function walkMap (map: YAMLMap, prefix: string, locate: (offset: number, key: string) => string, layer: ConfigLayer): void {
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : String(key)
    const path = prefix + name
    const source = locate(isScalar(key) ? key.range?.[0] ?? 0 : 0, path)
    const leaf = configLeaves.get(path)
    if (leaf !== undefined) layer.set(path, { value: toPlain(value), source })
    else if (!configGroups.has(path) || path === '') refuseUnknown(source, path, [...configLeaves.keys(), ...configGroups.keys()])
    // A section whose settings are all commented out is null, and means nothing.
    else if (isMap(value)) walkMap(value, `${path}.`, locate, layer)
    else if (toPlain(value) !== null) throw new ChorusError('CHORUS_CONFIG_INVALID', [source, JSON.stringify(toPlain(value)), 'a group of settings'])
  }
}

function toPlain (node: unknown): unknown {
  if (node === null || node === undefined) return null
  return typeof node === 'object' && 'toJSON' in node && typeof node.toJSON === 'function' ? node.toJSON() : node
}
