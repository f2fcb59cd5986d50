import { execFile } from 'node:child_process'
import { moonshineFiles, sileroFile, verifyModel, type ModelFile } from '../../../native-bindings/model-files.js'
import type { Config } from '../../core/config-schema.js'
import { projectDir } from '../../core/config.js'
import { ChorusError, describeError } from '../../core/errors.js'
import { findAsrService, isRecognitionRemote } from '../../providers/asr-service.js'
import { chooseStreaming } from '../models/streaming-choice.js'
import { fail, ok, warn, type Finding } from './finding.js'

const LOAD_TIMEOUT_MS = 30000
const REINSTALL = 'run npm ci; the optional packages must not be left out'

interface NativePart {
  readonly name: string
  /** Ends with an error where the part is of no use. */
  readonly script: string
  /** What serves in its place; without one the part is needed. */
  readonly fallback?: string
}

const nativeParts: readonly NativePart[] = [
  {
    name: 'uws',
    // The package falls back to a slow imitation and only prints about it: load the binary itself.
    script: `const { dirname, join } = require('node:path')
      const folder = join(dirname(require.resolve('uws')), '..', 'binaries')
      const uws = require(join(folder, 'uws_' + process.platform + '_' + process.arch + '_' + process.versions.modules + '.node'))
      if (typeof uws.App !== 'function') throw new Error('no App in it')`,
    fallback: 'the ws package serves, at about 1.3 times the cost for each packet'
  },
  {
    name: '@discordjs/opus',
    script: `const { OpusEncoder } = require('@discordjs/opus')
      new OpusEncoder(16000, 1).encode(Buffer.alloc(1920))`,
    fallback: 'Opus as WebAssembly serves, at several times the cost'
  },
  { name: 'onnxruntime-node', script: "require('onnxruntime-node')" },
  { name: 'sherpa-onnx-node', script: "require('sherpa-onnx-node')" }
]

/** Loads each native part in its own process, because one that aborts takes its process along. */
export function checkNativeParts (): Promise<Finding[]> {
  return Promise.all(nativeParts.map(async part => judgePart(part, await runScript(part.script))))
}

/** @param problem why it does not load, or nothing */
export function judgePart ({ name, fallback }: Pick<NativePart, 'name' | 'fallback'>, problem: string | undefined): Finding {
  if (problem === undefined) return ok(name, 'loads')
  if (fallback !== undefined) return warn(name, `does not load (${problem}); ${fallback}`, REINSTALL)
  return fail(name, `does not load: ${problem}`, REINSTALL)
}

/** Reads the models as a whole and compares their sha256. */
export function checkModels (config: Config): Promise<Finding[]> {
  const finders: Array<[string, () => ModelFile]> = [['Silero VAD', sileroFile]]
  const { provider } = config.asr
  if (provider !== 'sense-voice' && provider !== 'streaming' && !isRecognitionRemote(config)) {
    const { size } = config.asr.moonshine
    finders.push(['Moonshine encoder', () => moonshineFiles(size).encoder], ['Moonshine decoder', () => moonshineFiles(size).decoder])
  }
  const streaming = provider === 'streaming' ? [checkStreamingModel(config)] : []
  return Promise.all([...finders.map(async ([name, find]) => checkModel(name, find)), ...streaming])
}

/** Whether its files are there; only sherpa-onnx can tell whether they are any good. */
async function checkStreamingModel (config: Config): Promise<Finding> {
  try {
    const { title } = await chooseStreaming(config, 'asr.provider')
    return ok('streaming model', `${title}: all files are there`)
  } catch (error) {
    return fail('streaming model', describeError(error), 'docs/recognition.md says which files are looked for')
  }
}

/** Where a service recognises: whether it can be asked at all. It is not asked. */
export function checkAsrService (config: Config): Finding[] {
  try {
    const service = findAsrService(config)
    return service === undefined ? [] : [ok('recognition service', `${config.asr.openai.model} at ${service.baseUrl}`)]
  } catch (error) {
    return [fail('recognition service', describeError(error), 'docs/configuration.md has the settings of asr')]
  }
}

async function checkModel (name: string, find: () => ModelFile): Promise<Finding> {
  try {
    await verifyModel(find())
    return ok(name, 'complete, as published')
  } catch (error) {
    const text = error instanceof ChorusError ? error.message : `its package is not installed: ${describeError(error)}`
    return fail(name, text.split('\n')[0]!, 'run npm ci')
  }
}

/** Programs that are used where they are installed. */
export async function checkPrograms (config: Config): Promise<Finding[]> {
  const [espeak, ffmpeg] = await Promise.all([runProgram(config.tts.espeak.command, ['--version']), runProgram('ffmpeg', ['-version'])])
  return [
    espeak === undefined
      ? ok('espeak-ng', 'installed')
      : config.tts.provider === 'espeak'
        ? fail('espeak-ng', `is tts.provider and does not run: ${espeak}`, 'apt-get install espeak-ng')
        : warn('espeak-ng', 'not installed: no local voice for languages other than English', 'apt-get install espeak-ng'),
    ok('ffmpeg', ffmpeg === undefined ? 'installed' : 'not installed; only wanted to convert recordings (apt-get install ffmpeg)')
  ]
}

function runScript (script: string): Promise<string | undefined> {
  return runProgram(process.execPath, ['-e', script])
}

/** Nothing if the program ends well, else why not, in one line. */
export function runProgram (command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise(resolve => {
    execFile(command, args, { cwd: projectDir, timeout: LOAD_TIMEOUT_MS }, (error, _stdout, stderr) => {
      if (error === null) return resolve(undefined)
      const reason = stderr.split('\n').find(line => /error|cannot|not found/i.test(line)) ?? error.message.split('\n')[0]!
      resolve(error.signal != null ? `ended by ${error.signal}` : reason.trim())
    })
  })
}
