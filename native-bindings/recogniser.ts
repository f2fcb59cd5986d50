import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

interface SherpaStream { acceptWaveform (wave: { sampleRate: number, samples: Float32Array }): void }
interface SherpaRecogniser {
  createStream (): SherpaStream
  decode (stream: SherpaStream): void
  getResult (stream: SherpaStream): { text: string }
}
interface Sherpa { OfflineRecognizer: new (config: object) => SherpaRecogniser }

export interface MoonshineFiles { readonly encoder: string, readonly decoder: string, readonly tokens: string }

/** A whole-utterance recogniser (sherpa-onnx) on 16 kHz mono floats; one thread, ~370 MB. */
export class Recogniser {
  readonly #recogniser: SherpaRecogniser

  /** @param files whose size and sha256 were checked: a broken one ends the process */
  constructor (files: MoonshineFiles) {
    const sherpa = require('sherpa-onnx-node') as Sherpa
    this.#recogniser = new sherpa.OfflineRecognizer({
      featConfig: { sampleRate: 16_000, featureDim: 80 },
      modelConfig: {
        moonshine: { encoder: files.encoder, mergedDecoder: files.decoder },
        tokens: files.tokens,
        numThreads: 1,
        provider: 'cpu',
        debug: 0
      }
    })
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
