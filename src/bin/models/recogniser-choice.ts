import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { moonshineFiles, moonshineTokens, senseVoiceFiles, verifyModel } from '../../../native-bindings/model-files.js'
import type { Config } from '../../core/config-schema.js'
import { ChorusError, describeError } from '../../core/errors.js'
import type { RecogniserPaths, StreamingPaths } from '../../ring/worker-messages.js'
import { findAsrService } from '../../providers/asr-service.js'
import { modelFolder, senseVoice, type ArchiveModel } from './catalogue.js'

export interface ChosenRecogniser {
  /** For the inference workers; undefined where something else recognises. */
  readonly paths: RecogniserPaths | undefined
  /** For the streaming worker. */
  readonly streaming?: StreamingPaths
  /** As in the log: name and languages, or where it is. */
  readonly title: string
  /** BCP 47 primary subtags; undefined: whatever is spoken. */
  readonly languages: ReadonlySet<string> | undefined
  /** Why a model that is installed was passed over. */
  readonly trouble?: string
}

/**
 * The recogniser that `asr.provider` asks for, with its files verified.
 * @param source where that setting came from, for the message
 * @throws CHORUS_CONFIG_INVALID when it names a model that is not installed or damaged, or a
 * service without the key that this wants;
 * CHORUS_MODEL_MISSING, CHORUS_MODEL_CORRUPT for the one that comes with Chorus
 */
export async function chooseRecogniser (config: Config, source: string, model: ArchiveModel = senseVoice): Promise<ChosenRecogniser> {
  const service = findAsrService(config)
  if (service !== undefined) {
    return { paths: undefined, title: `${config.asr.openai.model} at ${service.baseUrl}`, languages: undefined }
  }
  const folder = modelFolder(config.data, model)
  if (config.asr.provider === 'moonshine') return await findMoonshine(config)
  if (config.asr.provider === 'auto' && !existsSync(folder)) return await findMoonshine(config)
  try {
    return await findSenseVoice(folder, model)
  } catch (error) {
    const command = `npm run models -- install ${model.id}`
    if (config.asr.provider === 'auto') return { ...await findMoonshine(config), trouble: `${reasonOf(error)}; run "${command}"` }
    // No cause is attached: it would be told a second time, with its own advice.
    throw new ChorusError('CHORUS_CONFIG_INVALID', [source, `"${model.id}"`, `an installed model; run "${command}" (${reasonOf(error)})`])
  }
}

async function findMoonshine (config: Config): Promise<ChosenRecogniser> {
  const { size } = config.asr.moonshine
  const { encoder, decoder } = moonshineFiles(size)
  const [tokens] = await Promise.all([moonshineTokens(join(config.data, 'models')), verifyModel(encoder), verifyModel(decoder)])
  return {
    paths: { kind: 'moonshine', encoder: encoder.path, decoder: decoder.path, tokens: tokens.path },
    title: `Moonshine ${size} (English)`,
    languages: new Set(['en'])
  }
}

async function findSenseVoice (folder: string, { title, languages, files }: ArchiveModel): Promise<ChosenRecogniser> {
  await Promise.all(files.map(({ name, sha256 }) => verifyModel({ name, path: join(folder, name), sha256 })))
  const { model, tokens } = senseVoiceFiles(folder)
  return {
    paths: { kind: 'sense-voice', model: model.path, tokens: tokens.path },
    title: `${title} (${Object.values(languages).join(', ')})`,
    languages: new Set(Object.keys(languages))
  }
}

// The advice of these errors is that for files of packages; here another command helps.
function reasonOf (error: unknown): string {
  return describeError(error).replace(/: reinstall with "npm ci"/, '')
}
