import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { runProgram, startProgress } from './progress.mjs'

const SHOWN_LINES = 15

/** Is node_modules/ what package-lock.json says, for this Node.js? */
export function areInstalled (root) {
  // An image may carry the packages without the file that lists them.
  if (!existsSync(join(root, 'package-lock.json'))) return existsSync(join(root, 'node_modules'))
  const stamp = makeStamp(root)
  const found = readStamp(root)
  if (found === stamp) return true
  // Native parts were built for another Node.js.
  if (found !== undefined && abiOf(found) !== abiOf(stamp)) return false
  // Somebody ran npm by hand, which leaves no stamp of ours, or an old one.
  if (!isLockInstalled(root)) return false
  writeStamp(root, stamp)
  return true
}

/** Installs the packages, with a line of progress. */
export async function installPackages (root) {
  const isFirst = !existsSync(join(root, 'node_modules'))
  const missing = listMissingTools()
  if (missing.length > 0) {
    process.stderr.write(`no ${missing.join(', no ')} found: nothing is compiled; prebuilt parts and fallbacks serve\n`)
  }
  const progress = startProgress(isFirst ? 'installing packages (first time, about a minute)' : 'updating packages')
  const [command, first] = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, [process.env.npm_execpath]] : ['npm', []]
  const verb = existsSync(join(root, 'package-lock.json')) ? 'ci' : 'install'
  // Without dev packages nothing could be built; NODE_ENV=production would leave them out.
  const args = [...first, verb, '--include=dev', '--include=optional', '--no-fund', '--no-audit', '--loglevel=warn']
  const { code, output } = await runProgram(command, args, { cwd: root, env: installEnvironment() })
    .catch(error => ({ code: 1, output: error.code === 'ENOENT' ? 'npm was not found; it comes with Node.js' : error.message }))
  if (code !== 0) {
    progress.fail()
    throw new Error(explainFailure(output, verb))
  }
  progress.done()
  if (existsSync(join(root, 'package-lock.json'))) writeStamp(root, makeStamp(root))
}

function explainFailure (output, verb) {
  const lines = output.trimEnd().split('\n').slice(-SHOWN_LINES).map(line => `  ${line}`)
  const hint = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET/.test(output)
    ? 'The package registry was not reached: check the network, the proxy and `npm config get registry`.'
    : /ENOSPC/.test(output)
      ? 'The disk is full: about 600 MB are needed.'
      : /EACCES|EPERM/.test(output)
        ? 'Something here belongs to another user: give this directory to the user that runs Chorus.'
        : /EUSAGE|in sync/.test(output)
          ? 'package.json and package-lock.json disagree: run `npm install` once.'
          : 'Run the same by hand to see everything, and remove node_modules if it persists.'
  return `npm ${verb} failed. Its last lines:\n${lines.join('\n')}\n${hint}`
}

function installEnvironment () {
  const headers = [dirname(dirname(process.execPath)), '/usr'].find(hasMatchingHeaders)
  const isNodedirSet = Object.keys(process.env).some(name => name.toLowerCase() === 'npm_config_nodedir')
  return {
    ...process.env,
    // Headers that are here need not be downloaded where something is compiled.
    ...(headers !== undefined && !isNodedirSet ? { npm_config_nodedir: headers } : {}),
    // Otherwise this package downloads CUDA libraries from outside the registry.
    ONNXRUNTIME_NODE_INSTALL: 'skip',
    ONNXRUNTIME_NODE_INSTALL_CUDA: 'skip'
  }
}

function hasMatchingHeaders (prefix) {
  try {
    const text = readFileSync(join(prefix, 'include', 'node', 'node_version.h'), 'utf8')
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map(part => new RegExp(`#define NODE_${part}_VERSION (\\d+)`).exec(text)?.[1])
    return parts.join('.') === process.versions.node
  } catch {
    return false
  }
}

function listMissingTools () {
  if (process.platform === 'win32') return []
  const wanted = { 'C++ compiler': ['c++', 'g++', 'clang++'], make: ['make', 'gmake'], 'Python 3': ['python3'] }
  return Object.entries(wanted).filter(([, names]) => !names.some(isOnPath)).map(([title]) => title)
}

function isOnPath (name) {
  return (process.env.PATH ?? '').split(delimiter).some(directory => {
    try {
      accessSync(join(directory, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function makeStamp (root) {
  const lock = readFileSync(join(root, 'package-lock.json'))
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}-${process.versions.modules}\n`
}

function abiOf (stamp) { return stamp.trimEnd().split(' ')[1] }

function readStamp (root) {
  try {
    return readFileSync(stampPath(root), 'utf8')
  } catch {
    return undefined
  }
}

function stampPath (root) { return join(root, 'node_modules', '.chorus-install') }

function writeStamp (root, stamp) {
  try {
    writeFileSync(stampPath(root), stamp)
  } catch (error) {
    // A read-only image is as installed as it will ever be.
    if (error.code !== 'EROFS' && error.code !== 'EACCES') throw error
  }
}

/** Does npm's own record of node_modules/ hold every package that is needed to run? */
function isLockInstalled (root) {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
    const present = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages
    return Object.entries(wanted).every(([path, { version, optional, dev, devOptional, peer }]) =>
      path === '' || present[path]?.version === version ||
      (present[path] === undefined && [optional, dev, devOptional, peer].includes(true)))
  } catch {
    return false
  }
}
