import { join, resolve } from 'node:path'
import { sha256Of } from '../../../native-bindings/model-files.js'
import { findStreamingFiles, type StreamingFiles } from '../../../native-bindings/streaming-files.js'
import type { Config } from '../../core/config-schema.js'
import { ChorusError } from '../../core/errors.js'
import type { ChoiceOptions, ChosenRecogniser } from './chosen-recogniser.js'
import { loadManifest } from './manifest.js'
import { openInstalled } from './model-store.js'
import { tryModel } from './trials.js'

/**
 * The streaming model that `asr.streaming` names: one that was installed, with its files verified,
 * or any folder of the operator's. Either is tried in a process of its own.
 * @throws CHORUS_CONFIG_INVALID when no model is named, CHORUS_MODEL_UNSUITABLE,
 * CHORUS_MODEL_MISSING, CHORUS_MODEL_CORRUPT, CHORUS_MODEL_UNUSABLE, CHORUS_DEVICE_MISSING,
 * CHORUS_STOPPING
 */
export async function chooseStreaming ({ config, sourceOf, signal }: ChoiceOptions): Promise<ChosenRecogniser> {
  const { model, kind, languages } = config.asr.streaming
  if (model === '') throw new ChorusError('CHORUS_CONFIG_INVALID', [sourceOf('asr.provider'), '"streaming"', 'asr.streaming.model to name a model, too'])
  const streaming = await findStreamingFiles(resolve(join(config.data, 'models'), model), kind)
  await tryModel(config, { name: model, model: { kind: 'streaming', files: streaming }, sha256s: await sumsOf(config, model, streaming) }, signal)
  return {
    paths: undefined,
    streaming,
    title: `${model}, a streaming ${streaming.kind} model (${languages.join(', ')})`,
    languages: new Set(languages)
  }
}

async function sumsOf (config: Config, name: string, { kind: _, ...files }: StreamingFiles): Promise<readonly string[]> {
  const published = loadManifest(config).find(model => model.name === name)
  if (published !== undefined) return (await openInstalled(config.data, published)).sha256s
  return await Promise.all(Object.values(files).map(sha256Of))
}
