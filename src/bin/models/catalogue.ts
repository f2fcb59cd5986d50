import { join } from 'node:path'
import { SENSE_VOICE } from '../../../native-bindings/model-files.js'

export interface ArchiveFile { readonly name: string, readonly bytes: number, readonly sha256: string }

/** A model that is downloaded: what it is, where it is, how to tell that it is the right one. */
export interface ArchiveModel {
  /** As on the command line, and the name of its folder. */
  readonly id: string
  readonly title: string
  /** English names by BCP 47 primary subtag. */
  readonly languages: Readonly<Record<string, string>>
  readonly licence: string
  /** A .tar.bz2. */
  readonly url: string
  readonly bytes: number
  readonly sha256: string
  /** What is kept of it. */
  readonly files: readonly ArchiveFile[]
}

const { model, tokens } = SENSE_VOICE

export const senseVoice: ArchiveModel = {
  id: 'sense-voice',
  title: 'SenseVoice small, int8',
  languages: { zh: 'Chinese', yue: 'Cantonese', en: 'English', ja: 'Japanese', ko: 'Korean' },
  licence: 'FunASR Model License',
  url: 'https://github.com/k2-fsa/sherpa-onnx/releases/download/asr-models/sherpa-onnx-sense-voice-zh-en-ja-ko-yue-int8-2024-07-17.tar.bz2',
  bytes: 163_002_883,
  sha256: '7d1efa2138a65b0b488df37f8b89e3d91a60676e416f515b952358d83dfd347e',
  files: [model, tokens].map(({ file, bytes, sha256 }) => ({ name: file, bytes, sha256 }))
}

/** Every model that `npm run models` can install. */
export const catalogue: readonly ArchiveModel[] = [senseVoice]

export function modelFolder (data: string, { id }: Pick<ArchiveModel, 'id'>): string {
  return join(data, 'models', id)
}
