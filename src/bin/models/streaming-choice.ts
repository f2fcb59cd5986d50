import { join, resolve } from 'node:path'
import type { StreamingKind, StreamingPaths } from '../../core/model-paths.js'
import { sha256Of } from '../../../native-bindings/model-files.js'
import { findStreamingFiles } from '../../../native-bindings/streaming-files.js'
import { ChorusError } from '../../core/errors.js'
import type { ChoiceOptions, ChosenRecogniser } from './chosen-recogniser.js'
import { loadManifest, type Model } from './manifest.js'
import { fileOf, openInstalled, type InstalledModel } from './model-store.js'
import { tryModel } from './trials.js'

/** A model that is there, with what is known of it. */
interface Found { readonly files: StreamingPaths, readonly sha256s: readonly string[], readonly languages: readonly string[] }

/** As the manifest calls them. */
const kinds: Readonly<Record<string, StreamingKind>> = {
  'streaming-transducer': 'transducer',
  'streaming-paraformer': 'paraformer',
  'streaming-zipformer2-ctc': 'zipformer2-ctc',
  'streaming-nemo-ctc': 'nemo-ctc'
}

/**
 * The streaming model that `asr.streaming` names: one of the manifest, with its files verified, or
 * any folder of the operator's. Either is tried in a process of its own.
 * @throws CHORUS_CONFIG_INVALID when no model is named, or one of another kind;
 * CHORUS_MODEL_UNSUITABLE, CHORUS_MODEL_MISSING, CHORUS_MODEL_CORRUPT, CHORUS_MODEL_UNUSABLE,
 * CHORUS_DEVICE_MISSING, CHORUS_STOPPING
 */
export async function chooseStreaming (options: ChoiceOptions): Promise<ChosenRecogniser> {
  const { config, sourceOf, signal } = options
  const { model: name } = config.asr.streaming
  if (name === '') throw new ChorusError('CHORUS_CONFIG_INVALID', [sourceOf('asr.provider'), '"streaming"', 'asr.streaming.model to name a model, too'])
  const published = loadManifest(config).find(model => model.name === name)
  const { files, sha256s, languages } = published === undefined ? await findFolder(options) : await openPublished(options, published)
  await tryModel(config, { name, model: { kind: 'streaming', files }, sha256s }, signal)
  return {
    paths: undefined,
    streaming: files,
    title: `${name}, a streaming ${files.kind} model (${languages.join(', ')})`,
    languages: new Set(languages)
  }
}

async function findFolder ({ config }: ChoiceOptions): Promise<Found> {
  const { model, kind, languages } = config.asr.streaming
  const files = await findStreamingFiles(resolve(join(config.data, 'models'), model), kind)
  const { kind: _, ...paths } = files
  return { files, sha256s: await Promise.all(Object.values(paths).map(sha256Of)), languages }
}

async function openPublished ({ config, sourceOf }: ChoiceOptions, model: Model): Promise<Found> {
  const kind = kinds[model.kind]
  if (kind === undefined) throw new ChorusError('CHORUS_CONFIG_INVALID', [sourceOf('asr.streaming.model'), `"${model.name}"`, `the name of a streaming model, and this is ${model.kind}`])
  const asked = config.asr.streaming.kind
  if (asked !== 'auto' && asked !== kind) throw new ChorusError('CHORUS_CONFIG_INVALID', [sourceOf('asr.streaming.kind'), `"${asked}"`, `auto or ${kind}, which ${model.name} is`])
  const installed = await openInstalled(config.data, model)
  return { files: filesOf(kind, installed), sha256s: installed.sha256s, languages: model.languages }
}

function filesOf (kind: StreamingKind, installed: InstalledModel): StreamingPaths {
  const file = (part: string): string => fileOf(installed, part)
  switch (kind) {
    case 'transducer': return { kind, encoder: file('encoder'), decoder: file('decoder'), joiner: file('joiner'), tokens: file('tokens') }
    case 'paraformer': return { kind, encoder: file('encoder'), decoder: file('decoder'), tokens: file('tokens') }
    default: return { kind, model: file('model'), tokens: file('tokens') }
  }
}
