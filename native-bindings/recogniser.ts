import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

interface SherpaStream { acceptWaveform (wave: { sampleRate: number, samples: Float32Array }): void }
interface SherpaRecogniser {
  createStream (): SherpaStream
  decode (stream: SherpaStream): void
  getResult (stream: SherpaStream): { text: string }
}
interface Sherpa { OfflineRecognizer: new (config: object) => SherpaRecogniser }

export interface MoonshineFiles {
  /** Left out where no other recogniser comes into question. */
  readonly kind?: 'moonshine'
  readonly encoder: string
  readonly decoder: string
  readonly tokens: string
}

export interface SenseVoiceFiles { readonly kind: 'sense-voice', readonly model: string, readonly tokens: string }

export type RecogniserFiles = MoonshineFiles | SenseVoiceFiles

/** A whole-utterance recogniser (sherpa-onnx) on 16 kHz mono floats; one thread. */
export class Recogniser {
  readonly #recogniser: SherpaRecogniser

  /** @param files whose size and sha256 were checked: a broken one ends the process */
  constructor (files: RecogniserFiles) {
    const sherpa = require('sherpa-onnx-node') as Sherpa
    this.#recogniser = new sherpa.OfflineRecognizer(sherpaConfig(files))
  }

  /** The words in `samples`, or an empty string. Blocks for about a sixteenth of their duration. */
  recognise (samples: Float32Array): string {
    if (samples.length === 0) return '' // sherpa-onnx would complain on stderr about its shape
    const stream = this.#recogniser.createStream()
    stream.acceptWaveform({ sampleRate: 16_000, samples })
    this.#recogniser.decode(stream)
    return this.#recogniser.getResult(stream).text.trim()
  }
}

/** What sherpa-onnx is told about the files. */
export function sherpaConfig (files: RecogniserFiles): { readonly featConfig: object, readonly modelConfig: object } {
  const model = files.kind === 'sense-voice'
    // Without inverse text normalisation it gives neither punctuation nor digits.
    ? { senseVoice: { model: files.model, language: 'auto', useInverseTextNormalization: 1 } }
    : { moonshine: { encoder: files.encoder, mergedDecoder: files.decoder } }
  return {
    featConfig: { sampleRate: 16_000, featureDim: 80 },
    modelConfig: { ...model, tokens: files.tokens, numThreads: 1, provider: 'cpu', debug: 0 }
  }
}
