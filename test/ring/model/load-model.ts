// A model checker must stop a thread at every access to shared memory and let another one run. Real
// workers that block in Atomics.wait at each access would do, at 20 to 60 µs a step and with the
// schedule in the hands of the system. Instead the TypeScript sources are rewritten as generators
// (step-transform.ts), so that all threads run in this one, one step at a time: about 2 µs a step,
// the same schedule every time, and nothing in src/ knows of it. The price is that what runs is not
// the compiled file but its text; real threads on the compiled file are in ring-threads.test.ts.
//
// One step is one access. Accesses that are not atomic are carried out at once unless a case says
// `everyAccess`: races.ts shows that no other thread can tell.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'
import { projectDir } from '../../../src/core/config.js'
import { EventLoop } from './event-loop.js'
import { maybe } from './machine.js'
import { isShared, MakeShared } from './memory.js'
import { primitives } from './primitives.js'
import { StepAnalysis } from './step-analysis.js'
import { toSteps } from './step-transform.js'

/** A change of the source: a deliberate bug, or a limit scaled down. */
export interface Edit {
  readonly file: string
  /** Must occur exactly once. */
  readonly from: string
  readonly to: string
}

export type Exports = Record<string, unknown>
type ModuleBody = (exports: Exports, require: (specifier: string) => unknown, ...globals: unknown[]) => void

const SUBJECTS = [...listSources('src/ring'), ...['inbound', 'seat-handle', 'slot-pool', 'worker-line'].map(name => `src/threads/${name}.ts`)]
const SCENARIOS = 'test/ring/model/scenarios'
const PRIMITIVES = join(projectDir, 'test/ring/model/primitives.ts')
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  noResolve: true, // types from elsewhere are unknown: calls of them are looked at when they happen
  types: [],
  skipLibCheck: true
}
const nodeRequire = createRequire(import.meta.url)
const globals: Record<string, unknown> = {
  $isShared: isShared,
  $maybe: maybe,
  SharedArrayBuffer: MakeShared,
  setImmediate: EventLoop.setImmediate,
  setTimeout: EventLoop.setTimeout,
  performance: EventLoop.performance
}

/**
 * The real sources and the scenarios, as generators of steps. They are read from src/, not from the
 * build: what is explored is what is written there, apart from the edits.
 */
export class Model {
  readonly #texts = new Map<string, string>()
  readonly #files = new Map<string, ts.SourceFile>()
  readonly #analysis: StepAnalysis

  /**
   * @param edits made to all, to scale limits down
   * @param variants further edits, each by a name of its own: files with one bug
   */
  constructor (edits: readonly Edit[], variants: Readonly<Record<string, Edit>> = {}) {
    const texts = new Map<string, string>()
    for (const path of [...SUBJECTS, ...listSources(SCENARIOS)]) {
      const own = edits.filter(({ file }) => file === path)
      texts.set(join(projectDir, path), own.reduce(applyEdit, readFileSync(join(projectDir, path), 'utf8')))
    }
    for (const [variant, edit] of Object.entries(variants)) {
      const path = join(projectDir, edit.file)
      texts.set(variantOf(path, variant), applyEdit(texts.get(path)!, edit))
    }
    const program = createProgram(texts)
    for (const path of texts.keys()) this.#files.set(path, program.getSourceFile(path)!)
    this.#analysis = new StepAnalysis(program, [...this.#files.values()])
  }

  /** The exports of a file of scenarios; with the bug of a variant if one is named. */
  load (scenarios: string, variant = ''): Exports {
    const loaded = new Map<string, Exports>()
    const load = (asked: string): Exports => {
      const path = this.#files.has(variantOf(asked, variant)) ? variantOf(asked, variant) : asked
      const known = loaded.get(path)
      if (known !== undefined) return known
      const exports: Exports = {}
      loaded.set(path, exports)
      const body = new Function('exports', 'require', ...Object.keys(globals), this.#text(path)) as ModuleBody
      body(exports, specifier => requireFrom(path, specifier, load), ...Object.values(globals))
      return exports
    }
    return load(join(projectDir, SCENARIOS, scenarios))
  }

  #text (path: string): string {
    const known = this.#texts.get(path)
    if (known !== undefined) return known
    const file = this.#files.get(path)
    if (file === undefined) throw new Error(`${path} is not among the files that the model checker transforms`)
    const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS }
    const { outputText } = ts.transpileModule(toSteps(file, this.#analysis), { compilerOptions })
    this.#texts.set(path, outputText)
    return outputText
  }
}

function listSources (folder: string): string[] {
  return readdirSync(join(projectDir, folder)).filter(name => name.endsWith('.ts')).map(name => `${folder}/${name}`)
}

function variantOf (path: string, variant: string): string { return path.replace(/\.ts$/, `$${variant}.ts`) }

function requireFrom (importer: string, specifier: string, load: (path: string) => Exports): unknown {
  if (!specifier.startsWith('.')) return { __esModule: true, default: nodeRequire(specifier) as unknown }
  const path = resolve(dirname(importer), specifier.replace(/\.js$/, '.ts'))
  return path === PRIMITIVES ? primitives : load(path)
}

function createProgram (texts: ReadonlyMap<string, string>): ts.Program {
  const host = ts.createCompilerHost(options)
  const readLibrary = host.getSourceFile.bind(host)
  host.getSourceFile = (name, languageVersion) => {
    const text = texts.get(name)
    return text === undefined ? readLibrary(name, languageVersion) : ts.createSourceFile(name, text, languageVersion, true)
  }
  host.fileExists = name => texts.has(name) || ts.sys.fileExists(name)
  return ts.createProgram([...texts.keys()], options, host)
}

function applyEdit (text: string, { file, from, to }: Edit): string {
  const parts = text.split(from)
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} places and not one that read: ${from}`)
  return parts.join(to)
}
