import { loadConfig } from '../../core/config.js'
import { ChorusError } from '../../core/errors.js'
import { catalogue as ownCatalogue, type ArchiveModel } from './catalogue.js'
import { InstallError } from './install-error.js'
import { installModel } from './install.js'
import { takeInventory, type Entry } from './inventory.js'
import { Progress, type Output } from './progress.js'

export interface ModelsEnvironment {
  readonly out: Output
  readonly error: Output
  readonly signal: AbortSignal
  /** In place of that of Chorus. */
  readonly catalogue?: readonly ArchiveModel[]
}

interface Call {
  readonly words: readonly string[]
  readonly data: string
  readonly from: string | undefined
  readonly help: boolean
}

const EXIT_DONE = 0
const EXIT_FAILED = 1
const EXIT_USAGE = 2

const usage = `usage: npm run models                                           what is installed, what can be
       npm run models -- verify                                 checks each file against its sha256
       npm run models -- install sense-voice [--from ADDRESS]   downloads it, or goes on with that

  --from ADDRESS   another place of the same archive
  --data DIR       install below this directory; as for npm start
`

/** Lists, checks or installs models. Resolves with the exit code; 0 if all is well. */
export async function runModels (argv: readonly string[], environment: ModelsEnvironment): Promise<number> {
  let call: Call
  try {
    call = readCall(argv)
  } catch (error) {
    if (!(error instanceof ChorusError)) throw error
    environment.error.write(`${error.message}\n`)
    return EXIT_USAGE
  }
  const catalogue = environment.catalogue ?? ownCatalogue
  const [command = 'list', ...rest] = call.words
  if (call.help) { environment.out.write(usage); return EXIT_DONE }
  if (command === 'list' && rest.length === 0) return await list(call, catalogue, environment.out)
  if (command === 'verify' && rest.length === 0) return await verify(call, catalogue, environment.out)
  const model = catalogue.find(({ id }) => id === rest[0])
  if (command === 'install' && rest.length === 1 && model !== undefined) return await install(model, call, environment)
  const unknown = command === 'install' && rest.length === 1 ? `there is no model "${rest[0]}" to install` : `"${call.words.join(' ')}" is not understood`
  environment.error.write(`${unknown}\n\n${usage}`)
  return EXIT_USAGE
}

// Words come first: a setting among them would be taken for its value.
function readCall (argv: readonly string[]): Call {
  const count = argv.findIndex(argument => argument.startsWith('--'))
  const words = count < 0 ? argv : argv.slice(0, count)
  const { config, flags } = loadConfig({ argv: argv.slice(words.length), flags: { from: 'text', help: 'switch' } })
  return { words, data: config.data, from: flags['from'] as string | undefined, help: flags['help'] === true }
}

async function list ({ data }: Call, catalogue: readonly ArchiveModel[], out: Output): Promise<number> {
  const entries = await takeInventory(data, catalogue)
  const installed = entries.filter(entry => entry.state !== 'not installed')
  out.write(`installed:\n${installed.map(line).join('')}`)
  const others = catalogue.filter(model => entries.some(entry => entry.id === model.id && entry.state === 'not installed'))
  if (others.length === 0) return exitOf(entries)
  out.write('\ncan be installed:\n')
  for (const model of others) {
    out.write(`  ${model.id}: ${model.title}; ${Object.values(model.languages).join(', ')}\n    ${megabytes(model.bytes)} to download, licence: ${model.licence}\n    npm run models -- install ${model.id}\n`)
  }
  return exitOf(entries)
}

async function verify ({ data }: Call, catalogue: readonly ArchiveModel[], out: Output): Promise<number> {
  const entries = await takeInventory(data, catalogue)
  for (const { path, fault } of entries.flatMap(entry => entry.files)) {
    out.write(fault === undefined ? `ok       ${path}\n` : `damaged  ${path}\n         ${fault}\n`)
  }
  return exitOf(entries)
}

async function install (model: ArchiveModel, { data, from }: Call, { out, error, signal }: ModelsEnvironment): Promise<number> {
  const progress = new Progress(out, model.bytes)
  out.write(`${model.title}: ${megabytes(model.bytes)}, licence: ${model.licence}\n`)
  try {
    const folder = await installModel(model, {
      data,
      signal,
      ...(from === undefined ? {} : { from }),
      onStep: text => { progress.end(); out.write(`${text} …\n`) },
      onProgress: bytes => { progress.show(bytes) }
    })
    out.write(`installed and verified: ${folder}\nasr.provider "auto" takes it at the next start.\n`)
    return EXIT_DONE
  } catch (reason) {
    progress.end()
    if (!(reason instanceof InstallError)) throw reason
    error.write(`${reason.message}\n`)
    return EXIT_FAILED
  }
}

function line ({ id, title, licence, state, files }: Entry): string {
  const faults = files.flatMap(({ fault }) => fault === undefined ? [] : [`    ${fault}\n`])
  return `  ${state}  ${id}: ${title}, licence: ${licence}\n${faults.join('')}`
}

function exitOf (entries: readonly Entry[]): number {
  return entries.some(entry => entry.state === 'damaged') ? EXIT_FAILED : EXIT_DONE
}

function megabytes (bytes: number): string { return `${Math.round(bytes / 1e6)} MB` }
