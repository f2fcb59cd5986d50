import { createRequire } from 'node:module'
import type { RecogniserPaths } from '../src/core/model-paths.js'
import { sherpaProvider, type Device } from './devices.js'

const require = createRequire(import.meta.url)

interface SherpaStream { acceptWaveform (wave: { sampleRate: number, samples: Float32Array }): void }
interface SherpaRecogniser {
  createStream (): SherpaStream
  decode (stream: SherpaStream): void
  getResult (stream: SherpaStream): { text: string }
}
interface Sherpa { OfflineRecognizer: new (config: object) => SherpaRecogniser }

/** A whole-utterance recogniser (sherpa-onnx) on 16 kHz mono floats; one thread. */
export class Recogniser {
  readonly #recogniser: SherpaRecogniser

  /**
   * @param files whose size and sha256 were checked: a broken one ends the process
   * @param device that was tried: where it is missing, sherpa-onnx takes the processor and only
   * prints a line about it
   */
  constructor (files: RecogniserPaths, device: Device = 'cpu') {
    const sherpa = require('sherpa-onnx-node') as Sherpa
    this.#recogniser = new sherpa.OfflineRecognizer(sherpaConfig(files, device))
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
export function sherpaConfig (files: RecogniserPaths, device: Device = 'cpu'): { readonly featConfig: object, readonly modelConfig: object } {
  return {
    featConfig: { sampleRate: 16_000, featureDim: 80 },
    modelConfig: { ...modelConfig(files), tokens: files.tokens, numThreads: 1, provider: sherpaProvider(device), debug: 0 }
  }
}

function modelConfig (files: RecogniserPaths): object {
  switch (files.kind) {
    // Without inverse text normalisation it gives neither punctuation nor digits.
    case 'sense-voice': return { senseVoice: { model: files.model, language: 'auto', useInverseTextNormalization: 1 } }
    case 'whisper': return { whisper: { encoder: files.encoder, decoder: files.decoder, language: files.language, task: 'transcribe', tailPaddings: -1 } }
    case 'moonshine': return { moonshine: { encoder: files.encoder, mergedDecoder: files.decoder } }
  }
}
