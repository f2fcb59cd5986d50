import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { StreamingPaths } from '../src/core/model-paths.js'
import { ChorusError } from '../src/core/errors.js'
import { sherpaProvider, type Device } from './devices.js'

const require = createRequire(import.meta.url)

interface SherpaStream {
  acceptWaveform (wave: { sampleRate: number, samples: Float32Array }): void
  inputFinished (): void
}
interface SherpaOnlineRecogniser {
  createStream (): SherpaStream
  isReady (stream: SherpaStream): boolean
  decodeStreams (streams: readonly SherpaStream[]): void
  isEndpoint (stream: SherpaStream): boolean
  getResult (stream: SherpaStream): { text: string }
}
interface Sherpa { OnlineRecognizer: new (config: object) => SherpaOnlineRecogniser }

export interface StreamingOptions {
  /** Threads that one decoding step uses. */
  readonly threads: number
  /** Audio without a new word after which `isAtEndpoint` is true. */
  readonly ruleSilenceMs: number
}

const RATE_HZ = 16_000
/** sherpa-onnx computes one feature frame for every 10 ms. */
const FRAME_SAMPLES = RATE_HZ / 100
/** Longer than any model looks at once; one that wants more would be of no use in a dialogue. */
const MOST_FRAMES = 1000
/** A paraformer's words come with the time of their chunk, so its own length counts as silence. */
const PARAFORMER_CHUNK_S = 0.6
/** Seconds of the two endpoint rules that are never to apply: without words, and by length. */
const NEVER_S = 1e6

/**
 * A recogniser that listens along (sherpa-onnx) to 16 kHz mono audio. It has no way to free a
 * stream: that happens when JavaScript collects it and the thread yields to its event loop.
 */
export class StreamingRecogniser {
  /** Audio that one decoding step moves on by. */
  readonly chunkSamples: number
  /** Audio that must be there before a step can be made. */
  readonly windowSamples: number
  readonly #recogniser: SherpaOnlineRecogniser

  /**
   * Loads the model and runs two steps of silence, which tells the sizes above and warms it up.
   * @param files of a model that was tried before: a broken one ends the process
   * @param device that was tried with it: see `Recogniser`
   * @throws CHORUS_MODEL_UNSUITABLE
   */
  constructor (files: StreamingPaths, options: StreamingOptions, device: Device = 'cpu') {
    const sherpa = require('sherpa-onnx-node') as Sherpa
    try {
      this.#recogniser = new sherpa.OnlineRecognizer(streamingConfig(files, options, device))
    } catch (error) {
      throw new ChorusError('CHORUS_MODEL_UNSUITABLE', [dirname(files.tokens), 'sherpa-onnx does not take it'], { cause: error })
    }
    const probe = this.#recogniser.createStream()
    const first = this.#framesUntilReady(probe, files)
    this.#recogniser.decodeStreams([probe])
    const chunk = this.#framesUntilReady(probe, files)
    this.#recogniser.decodeStreams([probe])
    this.windowSamples = first * FRAME_SAMPLES
    this.chunkSamples = chunk * FRAME_SAMPLES
  }

  /** Begins an utterance. */
  open (): StreamedUtterance { return new StreamedUtterance(this.#recogniser, this.chunkSamples, this.windowSamples) }

  /** One step for each of the utterances, in one batch; all of them must be ready. */
  decode (utterances: readonly StreamedUtterance[]): void { StreamedUtterance.decode(this.#recogniser, utterances) }

  #framesUntilReady (stream: SherpaStream, files: StreamingPaths): number {
    const silence = new Float32Array(FRAME_SAMPLES)
    for (let frames = 1; frames <= MOST_FRAMES; frames++) {
      stream.acceptWaveform({ sampleRate: RATE_HZ, samples: silence })
      if (this.#recogniser.isReady(stream)) return frames
    }
    throw new ChorusError('CHORUS_MODEL_UNSUITABLE', [dirname(files.tokens), `it decodes nothing within ${MOST_FRAMES / 100} s`])
  }
}

/** One stretch of speech on its way through the recogniser. */
export class StreamedUtterance {
  readonly #recogniser: SherpaOnlineRecogniser
  readonly #stream: SherpaStream
  readonly #chunkSamples: number
  readonly #windowSamples: number
  #acceptedSamples = 0
  #decodedSamples = 0

  constructor (recogniser: SherpaOnlineRecogniser, chunkSamples: number, windowSamples: number) {
    this.#recogniser = recogniser
    this.#stream = recogniser.createStream()
    this.#chunkSamples = chunkSamples
    this.#windowSamples = windowSamples
  }

  static decode (recogniser: SherpaOnlineRecogniser, utterances: readonly StreamedUtterance[]): void {
    recogniser.decodeStreams(utterances.map(utterance => utterance.#stream))
    for (const utterance of utterances) utterance.#decodedSamples += utterance.#chunkSamples
  }

  get acceptedSamples (): number { return this.#acceptedSamples }
  /** Samples, from the beginning, that the text speaks of. */
  get decodedSamples (): number { return this.#decodedSamples }
  /** Is there enough audio for a step? */
  get isReady (): boolean { return this.#recogniser.isReady(this.#stream) }
  /** The words so far. */
  get text (): string { return this.#recogniser.getResult(this.#stream).text.trim() }
  /** Were there words, and then none for the rule's time? */
  get isAtEndpoint (): boolean { return this.#recogniser.isEndpoint(this.#stream) }

  /** Takes samples of -1 to 1; they are copied. */
  accept (samples: Float32Array): void {
    this.#stream.acceptWaveform({ sampleRate: RATE_HZ, samples })
    this.#acceptedSamples += samples.length
  }

  /** No audio follows. Silence is put behind it, so that the last word is in a whole chunk. */
  finish (): void {
    this.#stream.acceptWaveform({ sampleRate: RATE_HZ, samples: new Float32Array(this.#windowSamples + this.#chunkSamples) })
    this.#stream.inputFinished()
  }
}

/** What sherpa-onnx is told about the files. */
export function streamingConfig (files: StreamingPaths, options: StreamingOptions, device: Device = 'cpu'): object {
  const ruleS = options.ruleSilenceMs / 1000
  return {
    featConfig: { sampleRate: RATE_HZ, featureDim: 80 },
    modelConfig: { ...modelConfig(files), tokens: files.tokens, numThreads: options.threads, provider: sherpaProvider(device), debug: 0 },
    decodingMethod: 'greedy_search',
    enableEndpoint: true,
    rule1MinTrailingSilence: NEVER_S,
    rule2MinTrailingSilence: files.kind === 'paraformer' ? ruleS + PARAFORMER_CHUNK_S : ruleS,
    rule3MinUtteranceLength: NEVER_S
  }
}

function modelConfig (files: StreamingPaths): object {
  switch (files.kind) {
    case 'transducer': return { transducer: { encoder: files.encoder, decoder: files.decoder, joiner: files.joiner } }
    case 'paraformer': return { paraformer: { encoder: files.encoder, decoder: files.decoder } }
    case 'zipformer2-ctc': return { zipformer2Ctc: { model: files.model } }
    case 'nemo-ctc': return { nemoCtc: { model: files.model } }
  }
}
