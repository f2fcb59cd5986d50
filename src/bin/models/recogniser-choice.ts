import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { RecogniserPaths } from '../../core/model-paths.js'
import { moonshineFiles, moonshineTokens, verifyModel } from '../../../native-bindings/model-files.js'
import { ChorusError, type ErrorCode } from '../../core/errors.js'
import { findAsrService } from '../../providers/asr-service.js'
import type { ChoiceOptions, ChosenRecogniser } from './chosen-recogniser.js'
import { describeLanguages, findModel, loadManifest, type Model } from './manifest.js'
import { fileOf, modelFolder, openInstalled, remedyFor, type InstalledModel } from './model-store.js'
import { chooseStreaming } from './streaming-choice.js'
import { tryModel } from './trials.js'

/** Faults of an installed model, for which another one may serve. */
const ofTheModel: readonly ErrorCode[] = ['CHORUS_MODEL_MISSING', 'CHORUS_MODEL_CORRUPT', 'CHORUS_MODEL_UNUSABLE']
/** Named one by one in the log; more than these are counted. */
const MOST_LANGUAGES = 8

/**
 * The recogniser that `asr.provider` asks for, with its files verified and, where it did not come
 * with the packages, tried in a process of its own.
 * @throws CHORUS_CONFIG_INVALID when it names a model that is not installed, or a service without
 * the key that this wants; CHORUS_MODEL_MISSING, CHORUS_MODEL_CORRUPT,
 * CHORUS_MODEL_UNSUITABLE; CHORUS_MODEL_UNUSABLE, CHORUS_DEVICE_MISSING after the trial;
 * CHORUS_STOPPING
 */
export async function chooseRecogniser (options: ChoiceOptions): Promise<ChosenRecogniser> {
  const { config } = options
  const service = findAsrService(config)
  if (service !== undefined) return { paths: undefined, title: service.description, languages: undefined }
  switch (config.asr.provider) {
    case 'moonshine': return await findMoonshine(options)
    case 'streaming': return await chooseStreaming(options)
    case 'sense-voice': return await findInstalled(options, 'sense-voice', 'asr.senseVoice.model', config.asr.senseVoice.model)
    case 'whisper': return await findInstalled(options, 'whisper', 'asr.whisper.model', config.asr.whisper.model)
    default: return await findBest(options) // of those that are left only auto gets here
  }
}

async function findBest (options: ChoiceOptions): Promise<ChosenRecogniser> {
  const { config, sourceOf } = options
  const name = config.asr.senseVoice.model
  if (!existsSync(modelFolder(config.data, { name }))) return await findMoonshine(options)
  const model = findModel(loadManifest(config), name, sourceOf('asr.senseVoice.model'))
  try {
    return await openAndTry(options, model)
  } catch (error) {
    if (!(error instanceof ChorusError) || !ofTheModel.includes(error.code)) throw error
    return { ...await findMoonshine(options), trouble: error.message }
  }
}

async function findMoonshine ({ config, signal }: ChoiceOptions): Promise<ChosenRecogniser> {
  const { size } = config.asr.moonshine
  const { encoder, decoder } = moonshineFiles(size)
  const [tokens] = await Promise.all([moonshineTokens(join(config.data, 'models')), verifyModel(encoder), verifyModel(decoder)])
  const paths = { kind: 'moonshine', encoder: encoder.path, decoder: decoder.path, tokens: tokens.path } as const
  await tryModel(config, { name: `moonshine-${size}`, model: { kind: 'recogniser', files: paths }, sha256s: undefined }, signal)
  return { paths, title: `Moonshine ${size} (English)`, languages: new Set(['en']) }
}

async function findInstalled (options: ChoiceOptions, kind: 'sense-voice' | 'whisper', setting: string, name: string): Promise<ChosenRecogniser> {
  const { config, sourceOf } = options
  const model = findModel(loadManifest(config), name, sourceOf(setting))
  if (model.kind !== kind) throw new ChorusError('CHORUS_CONFIG_INVALID', [sourceOf(setting), `"${name}"`, `the name of a model of the kind ${kind}, and this is ${model.kind}`])
  const source = sourceOf('asr.provider')
  if (!existsSync(modelFolder(config.data, model))) throw new ChorusError('CHORUS_CONFIG_INVALID', [source, `"${kind}"`, `an installed model; run "${remedyFor(model)}"`])
  return await openAndTry(options, model)
}

async function openAndTry (options: ChoiceOptions, model: Model): Promise<ChosenRecogniser> {
  const { config, signal } = options
  const installed = await openInstalled(config.data, model)
  const paths = model.kind === 'whisper' ? whisperPaths(installed, options) : senseVoicePaths(installed)
  await tryModel(config, { name: model.name, model: { kind: 'recogniser', files: paths }, sha256s: installed.sha256s }, signal)
  const languages = paths.kind === 'whisper' && paths.language !== '' ? [paths.language] : model.languages
  return { paths, title: `${model.title} (${describeLanguages(languages, MOST_LANGUAGES)})`, languages: new Set(languages) }
}

function senseVoicePaths (installed: InstalledModel): RecogniserPaths {
  return { kind: 'sense-voice', model: fileOf(installed, 'model'), tokens: fileOf(installed, 'tokens') }
}

function whisperPaths (installed: InstalledModel, { config, sourceOf }: ChoiceOptions): Extract<RecogniserPaths, { kind: 'whisper' }> {
  const { language } = config.asr.whisper
  if (language !== '' && !installed.model.languages.includes(language)) {
    throw new ChorusError('CHORUS_CONFIG_INVALID', [sourceOf('asr.whisper.language'), `"${language}"`, `nothing, or one of ${installed.model.languages.join(', ')}`])
  }
  return { kind: 'whisper', encoder: fileOf(installed, 'encoder'), decoder: fileOf(installed, 'decoder'), tokens: fileOf(installed, 'tokens'), language }
}
