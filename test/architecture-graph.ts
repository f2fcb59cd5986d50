import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'

/** A source file: its path from the project directory, and what it names by a relative path. */
export interface Module {
  readonly path: string
  readonly lineCount: number
  readonly imports: readonly string[]
  /** Files named by `new URL('./x.js', import.meta.url)`: started or read, not imported. */
  readonly urls: readonly string[]
}

/** For each importer, what each target allows: `yes`, or patterns of files. */
export type Arrows = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>

const SOURCE_DIRS = ['src', 'workers', 'native-bindings', 'tools', 'test', 'bench', 'plugins', 'apps']
const WORKERS = ['voice', 'inference', 'streaming', 'dialogue', 'store', 'mqtt', 'web']
const FREE_IMPORTERS = ['test', 'bench']
const MODULE_URL = /new URL\(\s*(['"`])(\.[^'"`]+)\1\s*,\s*import\.meta\.url\s*\)/g

/** Every source file under `root`. */
export function readModules (root: string): Module[] {
  return SOURCE_DIRS.flatMap(directory => listFiles(root, directory)).map(path => parseModule(path, readFileSync(join(root, path), 'utf8')))
}

export function parseModule (path: string, text: string): Module {
  const resolveFrom = (specifier: string): string => posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts')
  const imports = ts.preProcessFile(text, true, true).importedFiles.map(file => file.fileName).filter(name => name.startsWith('.'))
  return {
    path,
    lineCount: text.trimEnd().split('\n').length,
    imports: [...new Set(imports.map(resolveFrom))],
    urls: [...new Set([...text.matchAll(MODULE_URL)].map(match => resolveFrom(match[2]!)))]
  }
}

/** The table between the marks of docs/architecture.md. */
export function readArrows (page: string): Arrows {
  const section = /<!-- arrows -->(.*)<!-- \/arrows -->/s.exec(page)?.[1] ?? ''
  const [head = [], , ...rows] = section.split('\n').filter(line => line.startsWith('|'))
    .map(line => line.split('|').slice(1, -1).map(cell => cell.trim()))
  return new Map(rows.map(([importer = '', ...cells]) => [
    importer,
    new Map(cells.map((cell, index) => [head[index + 1] ?? '', cell === '' ? [] : cell.split(',').map(part => part.trim())]))
  ]))
}

/** The name that the table has for the folder of a file. */
export function layerOf (path: string): string {
  const [first = '', second = ''] = path.split('/')
  if (first === 'src') return second
  if (first === 'native-bindings') return 'native'
  if (first === 'tools') return second
  if (first === 'workers') return `workers/${WORKERS.find(name => second === name || second.startsWith(`${name}-`)) ?? 'shared'}`
  return first
}

/** Imports that the table does not allow, as texts. */
export function findWrongArrows (modules: readonly Module[], arrows: Arrows): string[] {
  return modules.flatMap(({ path, imports, urls }) => [
    ...imports.filter(target => !isAllowed(path, target, arrows)).map(target => `${path} → ${target}`),
    ...urls.filter(target => !isStartAllowed(path, target)).map(target => `${path} starts ${target}`)
  ])
}

function isAllowed (from: string, to: string, arrows: Arrows): boolean {
  const [importer, imported] = [layerOf(from), layerOf(to)]
  if (FREE_IMPORTERS.includes(importer)) return true
  if (importer === 'providers' || imported === 'providers') if (!isProviderAllowed(from, to)) return false
  if (importer === imported) return true
  if (importer === 'plugins') return imported === 'plugin-api'
  const row = arrows.get(importer)
  const general = imported.startsWith('workers/') ? row?.get('workers') ?? [] : []
  return [...row?.get(imported) ?? [], ...general].some(pattern => pattern === 'yes' || matches(to, pattern))
}

// A vendor's file lies one folder deeper than what all providers share.
function isProviderAllowed (from: string, to: string): boolean {
  const isVendor = /^src\/providers\/(?!wire\/|chain\/)[^/]+\/[^/]+/.test(to)
  return !isVendor || /^src\/providers\/(registry|\w+-vendors)\.ts$/.test(from) || kindOf(from) === kindOf(to) || layerOf(from) === 'workers/inference'
}

// src/providers/tts/…
function kindOf (path: string): string { return path.split('/').slice(0, 3).join('/') }

function isStartAllowed (from: string, to: string): boolean {
  const isSource = to.endsWith('.ts') && SOURCE_DIRS.includes(to.split('/')[0]!)
  const isFree = [...FREE_IMPORTERS, 'bin', layerOf(to)].includes(layerOf(from))
  return !isSource || isFree || (layerOf(from) === 'threads' && layerOf(to).startsWith('workers/'))
}

function matches (path: string, pattern: string): boolean {
  const inside = path.split('/').slice(2).join('/').replace(/(\.d)?\.ts$/, '')
  return pattern.endsWith('*') ? inside.startsWith(pattern.slice(0, -1)) : inside === pattern
}

/** The files of one cycle, or nothing. */
export function findCycle (modules: readonly Module[]): string[] | undefined {
  const byPath = new Map(modules.map(module => [module.path, module]))
  const finished = new Set<string>()
  const visit = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    if (finished.has(path)) return undefined
    for (const target of byPath.get(path)?.imports ?? []) {
      const cycle = visit(target, [...trail, path])
      if (cycle !== undefined) return cycle
    }
    finished.add(path)
    return undefined
  }
  for (const path of byPath.keys()) {
    const cycle = visit(path, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

function listFiles (root: string, directory: string): string[] {
  if (!existsSync(join(root, directory))) return []
  const entries = readdirSync(join(root, directory), { withFileTypes: true }).filter(entry => entry.name !== 'node_modules')
  return entries.flatMap(entry => {
    const path = `${directory}/${entry.name}`
    return entry.isDirectory() ? listFiles(root, path) : /\.tsx?$/.test(entry.name) ? [path] : []
  })
}
