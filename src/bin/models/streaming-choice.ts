import { join, resolve } from 'node:path'
import { findStreamingFiles } from '../../../native-bindings/streaming-files.js'
import type { Config } from '../../core/config-schema.js'
import { ChorusError } from '../../core/errors.js'
import type { ChosenRecogniser } from './recogniser-choice.js'

/**
 * The streaming model that `asr.streaming` names. Its files are the operator's own, so no sha256
 * is known.
 * @param source where `asr.provider` came from, for the message
 * @throws CHORUS_CONFIG_INVALID when no model is named, CHORUS_MODEL_UNSUITABLE
 */
export async function chooseStreaming (config: Config, source: string): Promise<ChosenRecogniser> {
  const { model, kind, languages } = config.asr.streaming
  if (model === '') throw new ChorusError('CHORUS_CONFIG_INVALID', [source, '"streaming"', 'asr.streaming.model to name a model, too'])
  const streaming = await findStreamingFiles(resolve(join(config.data, 'models'), model), kind)
  return {
    paths: undefined,
    streaming,
    title: `${model}, a streaming ${streaming.kind} model (${languages.join(', ')})`,
    languages: new Set(languages)
  }
}
