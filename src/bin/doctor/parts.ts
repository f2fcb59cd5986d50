import { execFile } from 'node:child_process'
import { sileroFile, verifyModel } from '../../../native-bindings/model-files.js'
import type { Config } from '../../core/config-schema.js'
import { projectDir, type LoadedConfig } from '../../core/config.js'
import { ChorusError, describeError } from '../../core/errors.js'
import { findAsrService, isRecognitionRemote } from '../../providers/asr-service.js'
import { chooseRecogniser } from '../models/recogniser-choice.js'
import { tryVoiceDetection } from '../models/trials.js'
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

/** Reads the models that a start would load, and tries what a start would try. */
export async function checkModels ({ config, sourceOf }: Pick<LoadedConfig, 'config' | 'sourceOf'>): Promise<Finding[]> {
  const { signal } = new AbortController()
  const { device } = config.inference
  return await Promise.all([
    checkModel('voice detection', async () => {
      const silero = sileroFile()
      await verifyModel(silero)
      await tryVoiceDetection(config, silero.path, signal)
      return ok('voice detection', `Silero VAD v5 on ${device}, complete, as published`)
    }),
    ...(isRecognitionRemote(config) ? [] : [checkModel('recognition', async () => {
      const { title, trouble } = await chooseRecogniser({ config, sourceOf, signal })
      if (trouble !== undefined) return warn('recognition', `${title} serves, since ${trouble}`, 'repair that model, or set asr.provider to moonshine')
      return ok('recognition', `${title} on ${device}, complete`)
    })])
  ])
}

/** Where a service recognises: whether it can be asked at all. It is not asked. */
export function checkAsrService (config: Config): Finding[] {
  try {
    const service = findAsrService(config)
    return service === undefined ? [] : [ok('recognition service', service.description)]
  } catch (error) {
    return [fail('recognition service', describeError(error), 'docs/configuration.md has the settings of asr')]
  }
}

async function checkModel (name: string, check: () => Promise<Finding>): Promise<Finding> {
  try {
    return await check()
  } catch (error) {
    const text = error instanceof ChorusError ? `${error.code}: ${error.message}` : `its package is not installed: ${describeError(error)}`
    return fail(name, text.split('\n')[0]!, error instanceof ChorusError ? 'docs/errors.md has more on this code' : 'run npm ci')
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
