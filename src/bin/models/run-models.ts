import { loadConfig } from '../../core/config.js'
import type { Config } from '../../core/config-schema.js'
import { ChorusError, describeError } from '../../core/errors.js'
import { megabytes } from './disk-space.js'
import { addressesOf } from './fetch-model.js'
import { installModel, isInstalled } from './install.js'
import { checkModel, packagedNames, renderInventory, takeInventory } from './inventory.js'
import { findModel, loadManifest, withNeeded, type Manifest, type Model } from './manifest.js'
import { modelFolder } from './model-store.js'
import { Progress, type Output } from './progress.js'

export interface ModelsEnvironment {
  readonly out: Output
  readonly error: Output
  readonly signal: AbortSignal
}

interface Call {
  readonly words: readonly string[]
  readonly config: Config
  readonly manifest: Manifest
  readonly flags: Readonly<Record<string, string | boolean>>
}

const EXIT_DONE = 0
const EXIT_FAILED = 1
const EXIT_USAGE = 2

const ownFlags = { from: 'text', sha256: 'text', 'accept-licence': 'switch', 'trust-first': 'switch', help: 'switch' } as const

const usage = `usage: npm run models                               what there is and what is installed; with --json for programs
       npm run models -- verify [NAME…]             reads the files of what is installed and compares their sha256
       npm run models -- download NAME… [options]   downloads and installs; goes on with a download that broke
       npm run models -- add NAME FILE [options]    the same with a file that was brought by hand

  --accept-licence   for models whose licence has conditions
  --from ADDRESS     another place of the same file, instead of all mirrors
  --sha256 HEX       the sum of a file that nobody has published one of
  --trust-first      takes the first copy of such a file; later ones must equal it
  --data DIR         install below this directory; as for npm start

Mirrors of your own: models.mirrors. Models of your own: models.manifest. See docs/models.md.
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
  const [command = 'list', ...rest] = call.words
  if (call.flags['help'] === true) { environment.out.write(usage); return EXIT_DONE }
  if (command === 'list' && rest.length === 0) return await list(call, environment.out)
  if (command === 'verify') return await guard(environment, async () => await verify(call, rest, environment))
  if ((command === 'download' || command === 'install') && rest.length > 0) return await guard(environment, async () => await downloadAll(call, rest, environment))
  if (command === 'add' && rest.length === 2) return await guard(environment, async () => await add(call, rest[0]!, rest[1]!, environment))
  environment.error.write(`"${call.words.join(' ')}" is not understood\n\n${usage}`)
  return EXIT_USAGE
}

// Words come first: a setting among them would be taken for its value.
function readCall (argv: readonly string[]): Call {
  const count = argv.findIndex(argument => argument.startsWith('--'))
  const words = count < 0 ? argv : argv.slice(0, count)
  const { config, flags } = loadConfig({ argv: argv.slice(words.length), flags: ownFlags })
  return { words, config, flags, manifest: loadManifest(config) }
}

/** Whatever goes wrong is a line for people; only our own mistakes show a stack. */
async function guard ({ error: output, signal }: ModelsEnvironment, act: () => Promise<number>): Promise<number> {
  try {
    return await act()
  } catch (error) {
    if (signal.aborted && !(error instanceof ChorusError)) {
      output.write('it was stopped; what was downloaded is kept: run the same command again to go on\n')
      return EXIT_FAILED
    }
    if (!(error instanceof ChorusError) && !(error instanceof Error && 'syscall' in error)) throw error
    output.write(`${error instanceof ChorusError ? `${error.code}: ${error.message}` : describeError(error)}\n`)
    return error instanceof ChorusError && error.code === 'CHORUS_CONFIG_INVALID' ? EXIT_USAGE : EXIT_FAILED
  }
}

async function list ({ config, manifest }: Call, out: Output): Promise<number> {
  const entries = await takeInventory(config.data, manifest)
  if (config.json) out.write(`${JSON.stringify(entries)}\n`)
  else out.write(`${renderInventory(entries)}\nInstall one: npm run models -- download NAME. "not yet": it can be installed, and nothing here makes use of it.\nSizes are compared; "npm run models -- verify" reads every byte.\n`)
  return entries.some(({ isFaulty }) => isFaulty) ? EXIT_FAILED : EXIT_DONE
}

async function verify ({ config, manifest }: Call, names: readonly string[], { out }: ModelsEnvironment): Promise<number> {
  const all = [...packagedNames, ...manifest.map(({ name }) => name)]
  for (const name of names) if (!packagedNames.includes(name)) findModel(manifest, name, 'models -- verify')
  let isWell = true
  for (const name of names.length > 0 ? names : all) {
    const found = await checkModel(config.data, manifest, name)
    if (found === undefined && names.length === 0) continue
    const { files, remedy } = found ?? { files: [{ path: name, fault: 'it is not installed' }], remedy: `npm run models -- download ${name}` }
    for (const { path, fault } of files) out.write(fault === undefined ? `ok     ${path}\n` : `wrong  ${path}\n       ${fault}\n`)
    if (files.every(({ fault }) => fault === undefined)) continue
    isWell = false
    out.write(`       → ${remedy}\n`)
  }
  return isWell ? EXIT_DONE : EXIT_FAILED
}

async function downloadAll (call: Call, names: readonly string[], environment: ModelsEnvironment): Promise<number> {
  const asked = names.map(name => findModel(call.manifest, name, 'models -- download'))
  const models = [...new Set(asked.flatMap(model => withNeeded(call.manifest, model)))]
  if (models.length > 1 && (call.flags['from'] !== undefined || call.flags['sha256'] !== undefined)) {
    throw new ChorusError('CHORUS_CONFIG_INVALID', ['models -- download', models.map(({ name }) => name).join(' '), 'a single model with --from or --sha256; each of these has a file of its own'])
  }
  for (const model of models) await install(call, model, environment)
  return EXIT_DONE
}

async function add (call: Call, name: string, file: string, environment: ModelsEnvironment): Promise<number> {
  const model = findModel(call.manifest, name, 'models -- add')
  await install(call, model, environment, file)
  const needed = withNeeded(call.manifest, model).filter(other => other !== model).map(other => other.name)
  if (needed.length > 0) environment.out.write(`It needs ${needed.join(', ')} too.\n`)
  return EXIT_DONE
}

async function install ({ config, flags }: Call, model: Model, { out, error, signal }: ModelsEnvironment, file?: string): Promise<void> {
  const progress = new Progress(out)
  const { name, title, licence, download } = model
  out.write(`${name}: ${title}\nlicence: ${licence.name}, ${licence.url}\n`)
  if (await isInstalled(config.data, model)) {
    out.write(`installed already, and verified: ${modelFolder(config.data, model)}\n`)
    return
  }
  out.write(file === undefined ? `${download.bytes === undefined ? 'to download' : `${megabytes(download.bytes)} to download`} from ${flags['from'] ?? addressesOf(model, { models: config.models })[0]}\n` : `from ${file}\n`)
  try {
    const folder = await installModel(model, {
      config,
      signal,
      file,
      from: flags['from'] as string | undefined,
      sha256: flags['sha256'] as string | undefined,
      trustFirst: flags['trust-first'] === true,
      acceptLicence: flags['accept-licence'] === true,
      onStep: text => { progress.end(); out.write(`${text} …\n`) },
      onTrouble: text => { progress.end(); error.write(`${text}\n`) },
      onProgress: (bytes, total) => { progress.show(bytes, total) }
    })
    progress.end()
    out.write(`installed and verified: ${folder}\n`)
  } finally {
    progress.end()
  }
}
