import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { StreamingKind, StreamingPaths } from '../src/core/model-paths.js'
import { ChorusError } from '../src/core/errors.js'

/**
 * Finds the files of a streaming model by the names that releases of sherpa-onnx use. Of a file
 * that is there as int8, too, that one is taken: it is as good and twice as fast. (Not so for the
 * decoder of a transducer: it is small.)
 * @param wanted the kind of the model, where the names of its files do not tell
 * @throws CHORUS_MODEL_UNSUITABLE
 */
export async function findStreamingFiles (folder: string, wanted: StreamingKind | 'auto' = 'auto'): Promise<StreamingPaths> {
  const names = await list(folder)
  if (!names.includes('tokens.txt')) throw unsuitable(folder, 'tokens.txt is missing')
  const models = names.filter(name => name.endsWith('.onnx'))
  const hasPart = (part: string): boolean => models.some(name => isPart(name, part))
  const kind = wanted === 'auto' ? guessKind(folder, hasPart) : wanted
  const tokens = join(folder, 'tokens.txt')
  const find = (part: string, isInt8Better: boolean): string => join(folder, findOne(folder, models, part, isInt8Better))
  switch (kind) {
    case 'transducer':
      return { kind, encoder: find('encoder', true), decoder: find('decoder', false), joiner: find('joiner', true), tokens }
    case 'paraformer':
      return { kind, encoder: find('encoder', true), decoder: find('decoder', true), tokens }
    default:
      return { kind, model: find('', true), tokens }
  }
}

async function list (folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch {
    throw unsuitable(folder, 'there is no such folder')
  }
}

function guessKind (folder: string, hasPart: (part: string) => boolean): StreamingKind {
  if (hasPart('joiner')) return 'transducer'
  if (hasPart('encoder') && hasPart('decoder')) return 'paraformer'
  return basename(folder).toLowerCase().includes('nemo') ? 'nemo-ctc' : 'zipformer2-ctc'
}

function isPart (name: string, part: string): boolean { return name === `${part}.onnx` || name.startsWith(`${part}-`) || name.startsWith(`${part}.`) }

/** The only file of that part, or the only one of the better precision. `''`: any file. */
function findOne (folder: string, models: readonly string[], part: string, isInt8Better: boolean): string {
  const all = part === '' ? models : models.filter(name => isPart(name, part))
  const better = all.filter(name => name.endsWith('.int8.onnx') === isInt8Better)
  const found = better.length > 0 ? better : all
  const title = part === '' ? 'model' : part
  if (found.length === 0) throw unsuitable(folder, `it has no ${title} (${title}*.onnx)`)
  if (found.length > 1) throw unsuitable(folder, `it has more than one ${title}: ${found.join(', ')}; keep one`)
  return found[0]!
}

function unsuitable (folder: string, why: string): ChorusError { return new ChorusError('CHORUS_MODEL_UNSUITABLE', [folder, why]) }
