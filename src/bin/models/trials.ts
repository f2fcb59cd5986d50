import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { nativeVersions } from '../../../native-bindings/versions.js'
import type { Config } from '../../core/config-schema.js'
import { ChorusError } from '../../core/errors.js'
import { modelsFolder } from './model-store.js'
import type { TrialModel } from './trial-child.js'
import { tryInChild, type TrialOutcome } from './trial.js'

/** A model of sherpa-onnx that is to be tried. */
export interface ModelTrial {
  readonly name: string
  readonly model: TrialModel
  /** Of its files; none for a model that comes with the packages and is known to work. */
  readonly sha256s: readonly string[] | undefined
}

type TrialConfig = Pick<Config, 'data' | 'inference'>

/** A trial that went well, by its key. */
type Passed = Readonly<Record<string, { readonly name: string, readonly at: string }>>

/** Older ones are of models and versions that are gone. */
const MOST_PASSED = 50

/**
 * Tries a model in a process of its own: once for the same files, options and versions on the
 * processor; each time on another device, whose drivers come and go.
 * @throws CHORUS_MODEL_UNUSABLE, CHORUS_DEVICE_MISSING, CHORUS_STOPPING
 */
export async function tryModel (config: TrialConfig, trial: ModelTrial, signal: AbortSignal): Promise<void> {
  const { device } = config.inference
  if (device === 'cpu' && trial.sha256s === undefined) return
  const key = keyOf(trial)
  const passed = readPassed(config.data)
  if (device === 'cpu' && Object.hasOwn(passed, key)) return
  const options = { timeoutMs: config.inference.trialTimeoutMs, signal }
  const outcome = await tryInChild({ model: trial.model, device }, options)
  if (outcome.kind === 'works') {
    if (device === 'cpu') writePassed(config.data, { ...passed, [key]: { name: trial.name, at: new Date().toISOString() } })
    return
  }
  // Is it the device or the model?
  const isDevice = device !== 'cpu' && (outcome.kind === 'fell back' || trial.sha256s === undefined ||
    (await tryInChild({ model: trial.model, device: 'cpu' }, options)).kind === 'works')
  if (isDevice) throw new ChorusError('CHORUS_DEVICE_MISSING', [device, 'sherpa-onnx-node', reasonOf(outcome)])
  throw unusable(trial, outcome)
}

/**
 * Tries voice detection where it is not to run on the processor.
 * @throws CHORUS_DEVICE_MISSING, CHORUS_STOPPING
 */
export async function tryVoiceDetection ({ inference }: TrialConfig, model: string, signal: AbortSignal): Promise<void> {
  const { device, trialTimeoutMs } = inference
  if (device === 'cpu') return
  const outcome = await tryInChild({ model: { kind: 'voice-detection', files: { model } }, device }, { timeoutMs: trialTimeoutMs, signal })
  if (outcome.kind !== 'works') throw new ChorusError('CHORUS_DEVICE_MISSING', [device, 'onnxruntime-node', reasonOf(outcome)])
}

function reasonOf (outcome: Exclude<TrialOutcome, { kind: 'works' }>): string {
  return outcome.kind === 'fell back' ? outcome.lastWords : `the trial ${outcome.how}; its last words: ${outcome.lastWords}`
}

function unusable ({ name, model }: ModelTrial, outcome: Exclude<TrialOutcome, { kind: 'works' }>): ChorusError {
  const names = Object.entries(model.files).filter(([part]) => isPath(part)).map(([, path]) => basename(path as string))
  const how = outcome.kind === 'failed' ? outcome.how : 'ran on another device than it was asked to'
  return new ChorusError('CHORUS_MODEL_UNUSABLE', [name, how, names.join(', '), outcome.lastWords])
}

// Where the files lie does not matter; what they are and how they are loaded does.
function keyOf ({ model, sha256s }: ModelTrial): string {
  const options = Object.entries(model.files).filter(([part]) => !isPath(part))
  return createHash('sha256').update(JSON.stringify([model.kind, options, sha256s, nativeVersions(), process.arch])).digest('hex')
}

/** `files` also says of what kind they are and how the model is to be used. */
function isPath (part: string): boolean { return part !== 'kind' && part !== 'language' }

function readPassed (data: string): Passed {
  try {
    return JSON.parse(readFileSync(pathOf(data), 'utf8')) as Passed
  } catch {
    return {} // not there yet, or damaged: then all is tried again
  }
}

function writePassed (data: string, passed: Passed): void {
  mkdirSync(modelsFolder(data), { recursive: true })
  const draft = `${pathOf(data)}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(Object.fromEntries(Object.entries(passed).slice(-MOST_PASSED)), undefined, 2)}\n`)
  renameSync(draft, pathOf(data))
}

function pathOf (data: string): string { return join(modelsFolder(data), 'trials.json') }
