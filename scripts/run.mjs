// Runs an entry point of the build, after bringing packages and build up to date:
//   node scripts/run.mjs src/bin/serve --gateway.port 0
//   node scripts/run.mjs --build-only
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const OLDEST_NODE = [20, 18, 1]

if (isOlder(process.versions.node.split('.').map(Number), OLDEST_NODE)) {
  stop(`Chorus needs Node.js ${OLDEST_NODE.join('.')} or newer, and this is ${process.version}. Install the current LTS release from nodejs.org.`)
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [entry, ...args] = process.argv.slice(2)
if (entry === undefined) stop('usage: node scripts/run.mjs <entry> [arguments], for example src/bin/serve')

const { prepare } = await import('./run/prepare.mjs')
try {
  await prepare(root)
} catch (error) {
  stop(error instanceof Error ? error.message : String(error))
}

if (entry !== '--build-only') {
  const file = join(root, 'build', `${entry}.js`)
  if (!existsSync(file)) stop(`there is no ${entry}.ts`)
  process.argv.splice(1, process.argv.length, file, ...args)
  // In this process, so that signals reach it.
  await import(pathToFileURL(file).href)
}

function isOlder (version, oldest) {
  const place = oldest.findIndex((part, index) => part !== version[index])
  return place !== -1 && version[place] < oldest[place]
}

function stop (message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
