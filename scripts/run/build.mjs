import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram, startProgress } from './progress.mjs'

const SOURCE_DIRS = ['src', 'workers', 'native-bindings', 'tools', 'test', 'bench']
const CONFIG_FILES = ['tsconfig.json', 'package-lock.json']

/** Was build/ made from the sources as they are? */
export function isBuildFresh (root) {
  // An image may carry the build alone.
  if (!existsSync(join(root, 'src')) && existsSync(join(root, 'build', 'src'))) return true
  return readStamp(root) === makeStamp(root)
}

/** Compiles the sources into build/, with a line of progress. */
export async function buildSources (root) {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  if (!existsSync(compiler)) throw new Error('TypeScript is not installed, so the sources cannot be built: run `npm ci --include=dev`')
  mkdirSync(join(root, 'build'), { recursive: true })
  const isFirst = !existsSync(join(root, 'build', 'src'))
  // The compiler trusts its own notes about what it wrote; without a stamp nobody vouches for them.
  if (readStamp(root) === undefined) rmSync(join(root, 'build', '.tsbuildinfo'), { force: true })
  // Taken before, so that a file saved during the build makes the next run build again.
  const stamp = makeStamp(root)
  const progress = startProgress(isFirst ? 'building (first time, about 20 s)' : 'building')
  const pretty = process.stderr.isTTY === true ? ['--pretty'] : ['--pretty', 'false']
  const { code, output } = await runProgram(process.execPath, [compiler, '-p', root, ...pretty], { cwd: root })
  if (code !== 0) {
    progress.fail()
    throw new Error(`the sources have errors:\n${output.trimEnd()}`)
  }
  for (const directory of SOURCE_DIRS) removeOrphans(join(root, directory), join(root, 'build', directory))
  writeFileSync(stampPath(root), stamp)
  progress.done()
}

function makeStamp (root) {
  const hash = createHash('sha256').update(process.versions.node.split('.')[0])
  for (const path of [...CONFIG_FILES, ...SOURCE_DIRS.flatMap(directory => listSources(root, directory))]) {
    const facts = statSync(join(root, path), { throwIfNoEntry: false })
    hash.update(`${path} ${facts?.size} ${facts?.mtimeMs}\n`)
  }
  return hash.digest('hex')
}

function stampPath (root) { return join(root, 'build', '.stamp') }

function readStamp (root) {
  try {
    return readFileSync(stampPath(root), 'utf8')
  } catch {
    return undefined
  }
}

function listSources (root, directory) {
  return readEntries(join(root, directory)).flatMap(entry => {
    const path = `${directory}/${entry.name}`
    return entry.isDirectory() ? listSources(root, path) : entry.name.endsWith('.ts') ? [path] : []
  })
}

// What was built from a source that is gone would still be found, and a removed test still run.
function removeOrphans (sources, outputs) {
  for (const entry of readEntries(outputs)) {
    const output = join(outputs, entry.name)
    if (entry.isDirectory()) removeOrphans(join(sources, entry.name), output)
    else if (/\.js(\.map)?$/.test(entry.name) && !existsSync(join(sources, entry.name.replace(/\.js(\.map)?$/, '.ts')))) rmSync(output)
  }
}

function readEntries (directory) {
  return existsSync(directory) ? readdirSync(directory, { withFileTypes: true }) : []
}
