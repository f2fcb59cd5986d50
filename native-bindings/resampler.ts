import init from '@echogarden/speex-resampler-wasm/simd'

// Speex's scale is 0 to 10; 5 keeps aliases 70 dB down and costs a third of 10.
const QUALITY = 5
const CHUNK_SAMPLES = 4096
// What telephony and studios use. The output buffer holds 8 samples for each one that goes in.
const MIN_HZ = 8000
const MAX_HZ = 192_000
const MAX_GROWTH = 8

/** May a stream of this rate be resampled? */
export function isResamplable (rateHz: number): boolean { return rateHz >= MIN_HZ && rateHz <= MAX_HZ }

interface SpeexModule {
  readonly HEAP16: Int16Array
  readonly HEAPU32: Uint32Array
  _malloc (bytes: number): number
  _free (address: number): void
  _speex_resampler_init (channels: number, from: number, to: number, quality: number, error: number): number
  _speex_resampler_process_int (
    state: number, channel: number, input: number, inputLength: number, output: number, outputLength: number
  ): number
  _speex_resampler_skip_zeros (state: number): number
  _speex_resampler_reset_mem (state: number): number
  _speex_resampler_destroy (state: number): void
}

/**
 * Streaming resamplers (Speex, WebAssembly) of mono PCM16; all of one thread share one module.
 */
export class ResamplerLibrary {
  readonly #module: SpeexModule
  readonly #input: number
  readonly #output: number
  readonly #lengths: number

  constructor (module: SpeexModule) {
    this.#module = module
    this.#input = module._malloc(CHUNK_SAMPLES * 2)
    this.#output = module._malloc(CHUNK_SAMPLES * 2 * MAX_GROWTH)
    this.#lengths = module._malloc(8)
  }

  static async load (): Promise<ResamplerLibrary> {
    return new ResamplerLibrary(await init() as unknown as SpeexModule)
  }

  /** @throws RangeError when a rate is outside 8 to 192 kHz */
  create (fromHz: number, toHz: number): Resampler {
    if (!isResamplable(fromHz) || !isResamplable(toHz) || toHz > fromHz * MAX_GROWTH) {
      throw new RangeError(`cannot resample ${fromHz} Hz to ${toHz} Hz: rates are ${MIN_HZ} to ${MAX_HZ}, at most ${MAX_GROWTH} times as many`)
    }
    const state = this.#module._speex_resampler_init(1, fromHz, toHz, QUALITY, this.#lengths)
    if (state === 0) throw new RangeError(`cannot resample ${fromHz} Hz to ${toHz} Hz`)
    return new Resampler(this.#module, state, this.#input, this.#output, this.#lengths)
  }
}

/** One stream. Filter state carries over from chunk to chunk, so cuts are not heard. */
export class Resampler {
  readonly #module: SpeexModule
  readonly #state: number
  readonly #input: number
  readonly #output: number
  readonly #lengths: number

  constructor (module: SpeexModule, state: number, input: number, output: number, lengths: number) {
    this.#module = module
    this.#state = state
    this.#input = input
    this.#output = output
    this.#lengths = lengths
    this.reset()
  }

  /** Hands the resampled samples to `sink`, in pieces that are valid during the call only. */
  process (samples: Int16Array, sink: (piece: Int16Array) => void): void {
    for (let at = 0; at < samples.length;) {
      const piece = samples.subarray(at, at + CHUNK_SAMPLES)
      const module = this.#module
      module.HEAP16.set(piece, this.#input >> 1)
      module.HEAPU32[this.#lengths >> 2] = piece.length
      module.HEAPU32[(this.#lengths >> 2) + 1] = CHUNK_SAMPLES * MAX_GROWTH
      module._speex_resampler_process_int(this.#state, 0, this.#input, this.#lengths, this.#output, this.#lengths + 4)
      at += module.HEAPU32[this.#lengths >> 2]!
      const produced = module.HEAPU32[(this.#lengths >> 2) + 1]!
      if (produced > 0) sink(module.HEAP16.subarray(this.#output >> 1, (this.#output >> 1) + produced))
    }
  }

  /** Forgets the past: the next sample begins a new stream, without the filter's leading zeros. */
  reset (): void {
    this.#module._speex_resampler_reset_mem(this.#state)
    this.#module._speex_resampler_skip_zeros(this.#state)
  }

  destroy (): void { this.#module._speex_resampler_destroy(this.#state) }
}
