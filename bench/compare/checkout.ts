import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What the benchmarks need of the sources; the tests take as long to build as all of it. */
const BUILT = ['src', 'workers', 'native-bindings', 'tools', 'bench']

/** The name of sources that are not committed. */
export const WORKING_TREE = 'working tree'

export interface Revision {
  /** As it was asked for. */
  readonly name: string
  readonly commit: string
}

/**
 * @param name a revision as git knows it, or WORKING_TREE: all that is tracked, as it is now
 * @throws Error when there is none of that name
 */
export async function resolveRevision (repository: string, name: string): Promise<Revision> {
  if (name === WORKING_TREE) {
    // A commit of what is changed, that no branch holds; nothing where nothing is changed.
    const stashed = await git(repository, 'stash', 'create')
    if (stashed !== '') return { name, commit: stashed }
  }
  const revision = name === WORKING_TREE ? 'HEAD' : name
  const commit = await git(repository, 'rev-parse', '--verify', '--quiet', `${revision}^{commit}`).catch(() => '')
  if (commit === '') throw new Error(`git knows no revision "${revision}" here`)
  return { name, commit }
}

/**
 * Puts the sources of a commit into `folder` and builds them, with the benchmarks of `repository`:
 * both sides are measured by the same ones, also a base that is older than a benchmark.
 */
export async function prepareCheckout (repository: string, { name, commit }: Revision, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const archive = join(folder, 'sources.tar')
  await git(repository, 'archive', '--output', archive, commit)
  await run('tar', ['-xf', archive, '-C', folder])
  rmSync(archive)
  rmSync(join(folder, 'bench'), { recursive: true, force: true })
  cpSync(join(repository, 'bench'), join(folder, 'bench'), { recursive: true })
  await providePackages(repository, folder)
  await build(folder, name)
}

async function providePackages (repository: string, folder: string): Promise<void> {
  const lockOf = (root: string): string => {
    const path = join(root, 'package-lock.json')
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }
  if (lockOf(folder) === lockOf(repository)) {
    symlinkSync(realpathSync(join(repository, 'node_modules')), join(folder, 'node_modules'))
    return
  }
  const installer = pathToFileURL(join(repository, 'scripts', 'run', 'install.mjs')).href
  const { installPackages } = await import(installer) as { installPackages (root: string): Promise<void> }
  await installPackages(folder)
}

/** @throws Error with what the compiler says of files that are not benchmarks */
async function build (folder: string, name: string): Promise<void> {
  const config = join(folder, 'tsconfig.compare.json')
  writeFileSync(config, JSON.stringify({ extends: './tsconfig.json', include: BUILT.map(root => `${root}/**/*.ts`) }))
  const compiler = join(folder, 'node_modules', 'typescript', 'bin', 'tsc')
  try {
    await run(process.execPath, [compiler, '-p', config, '--pretty', 'false'], { cwd: folder })
  } catch (error) {
    // A benchmark that does not fit an older base is compiled all the same; its case says so.
    const { stdout = '' } = error as { stdout?: string }
    const others = stdout.split('\n').filter(line => /error TS/.test(line) && !line.startsWith('bench/'))
    if (stdout === '' || others.length > 0) throw new Error(`${name} does not build: ${others[0] ?? String(error)}`, { cause: error })
  }
}

async function git (repository: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd: repository, encoding: 'utf8' })
  return stdout.trim()
}
