import { ModelWriter, readConstants, type FloatTensor } from './onnx-model.js'

// Silero VAD v5 at 16 kHz, for one window of 512 samples with the 64 before it:
//
//   576 samples → 4 frames of 256, 128 apart (the last one's end is mirrored) → magnitudes of 129
//   frequencies each → four convolutions over time, 4 → 4 → 2 → 1 → 1 frames → LSTM cell →
//   probability
//
// The published graph has convolutions, which ONNX Runtime computes for each window by itself: as
// products of matrices with four columns, at a quarter of what the processor can do. Here the same
// weights are arranged so that a product has a row for each window of the batch
// (docs/decisions/010-silero-as-products.md).

/** The branch for 16 kHz, in the names of the published graph. */
const PREFIX = 'If_0_then_branch__Inline_0__'
const INPUT_SAMPLES = 576
const FRAME = 256
const HOP = 128
const MIRRORED = 64
const FREQUENCIES = 129
const UNITS = 128
/** Channels in and out of each convolution; each looks at three frames, and pads with zeros. */
const LAYERS = [[FREQUENCIES, 128], [128, 64], [64, 64], [64, UNITS]] as const
const TAPS = 3

/**
 * The published model for whole batches.
 * Inputs: input [B, 576], state [B, 256] (h, c). Outputs: output [B, 1], stateN [B, 256].
 * @throws Error when it is another model
 */
export function batchedSilero (published: Uint8Array): Uint8Array {
  const weights = new Weights(published)
  const writer = new ModelWriter()
  const features = encode(writer, weights, magnitudes(writer, weights))
  decode(writer, weights, features)
  return writer.finish({ input: ['B', INPUT_SAMPLES], state: ['B', 2 * UNITS] }, { output: ['B', 1], stateN: ['B', 2 * UNITS] })
}

/** @returns [B, 4 × 129], frame by frame */
function magnitudes (writer: ModelWriter, weights: Weights): string {
  const basis = weights.get('stft.forward_basis_buffer', [2 * FREQUENCIES, 1, FRAME])
  const at = (sample: number, output: number): number => basis[output * FRAME + sample]!
  const whole = matrix(writer, FRAME, 2 * FREQUENCIES, at)
  // Of the last frame 192 samples are there; what follows is what was before the last, backwards.
  const present = FRAME - MIRRORED
  const mirrorOf = (sample: number): number => 2 * present - 2 - sample
  const last = matrix(writer, present, 2 * FREQUENCIES, (sample, output) => {
    const mirror = mirrorOf(sample)
    return at(sample, output) + (mirror >= present && mirror < FRAME ? at(mirror, output) : 0)
  })
  const frames = [0, HOP, 2 * HOP].map(from => writer.node('MatMul', [writer.slice('input', from, from + FRAME), whole]))
  frames.push(writer.node('MatMul', [writer.slice('input', 3 * HOP, INPUT_SAMPLES), last]))
  return writer.concat(frames.map(frame => {
    const squares = writer.node('Mul', [frame, frame])
    const [real, imaginary] = [writer.slice(squares, 0, FREQUENCIES), writer.slice(squares, FREQUENCIES, 2 * FREQUENCIES)]
    return writer.node('Sqrt', [writer.node('Add', [real, imaginary])])
  }))
}

/** @returns [B, 128] */
function encode (writer: ModelWriter, weights: Weights, spectrum: string): string {
  const [first, second, third, fourth] = LAYERS.map((_, layer) => convolution(writer, weights, layer))
  const four = [first!(spectrum, 0, 2), first!(spectrum, 0, 3), first!(spectrum, 1, 4), first!(spectrum, 2, 4)]
  const two = writer.concat(four)
  const one = writer.concat([second!(two, 0, 2), second!(two, 1, 4)])
  return fourth!(third!(one, 0, 2), 0, 1)
}

type Convolution = (input: string, from: number, to: number) => string

/**
 * One frame of a layer's output, from the frames `from` to `to` of its input: at the edges fewer
 * than three, since the padding is zero. At the beginning the first weights are left out.
 */
function convolution (writer: ModelWriter, weights: Weights, layer: number): Convolution {
  const [inputs, outputs] = LAYERS[layer]!
  const kernel = weights.get(`encoder.${layer}.reparam_conv.weight`, [outputs, inputs, TAPS])
  const bias = writer.floats([outputs], weights.get(`encoder.${layer}.reparam_conv.bias`, [outputs]))
  const matrices = new Map<string, string>()
  return (input, from, to) => {
    const firstTap = from === 0 && to - from < TAPS ? 1 : 0
    const key = `${firstTap}-${to - from}`
    const weight = matrices.get(key) ?? matrix(writer, inputs * (to - from), outputs, (row, output) => {
      return kernel[(output * inputs + row % inputs) * TAPS + firstTap + Math.floor(row / inputs)]!
    })
    matrices.set(key, weight)
    return writer.node('Relu', [writer.node('Gemm', [writer.slice(input, from * inputs, to * inputs), weight, bias])])
  }
}

/** The LSTM cell, whose gates are in, forget, cell, out; and the probability from its output. */
function decode (writer: ModelWriter, weights: Weights, features: string): void {
  const fromInput = weights.get('decoder.rnn.weight_ih', [4 * UNITS, UNITS])
  const fromState = weights.get('decoder.rnn.weight_hh', [4 * UNITS, UNITS])
  const weight = matrix(writer, 2 * UNITS, 4 * UNITS, (row, gate) => {
    return row < UNITS ? fromInput[gate * UNITS + row]! : fromState[gate * UNITS + row - UNITS]!
  })
  const stateBias = weights.get('decoder.rnn.bias_hh', [4 * UNITS])
  const bias = writer.floats([4 * UNITS], weights.get('decoder.rnn.bias_ih', [4 * UNITS]).map((value, gate) => value + stateBias[gate]!))
  const half = (at: number): string => writer.slice('state', at * UNITS, (at + 1) * UNITS)
  const gates = writer.node('Gemm', [writer.concat([features, half(0)]), weight, bias])
  const gate = (op: string, at: number): string => writer.node(op, [writer.slice(gates, at * UNITS, (at + 1) * UNITS)])
  const kept = writer.node('Mul', [gate('Sigmoid', 1), half(1)])
  const added = writer.node('Mul', [gate('Sigmoid', 0), gate('Tanh', 2)])
  const cell = writer.node('Add', [kept, added])
  const hidden = writer.node('Mul', [gate('Sigmoid', 3), writer.node('Tanh', [cell])])
  writer.concat([hidden, cell], 1, 'stateN')
  const last = writer.floats([UNITS, 1], weights.get('decoder.decoder.2.weight', [1, UNITS, 1]))
  const lastBias = writer.floats([1], weights.get('decoder.decoder.2.bias', [1]))
  writer.node('Sigmoid', [writer.node('Gemm', [writer.node('Relu', [hidden]), last, lastBias])], {}, 'output')
}

function matrix (writer: ModelWriter, rows: number, columns: number, at: (row: number, column: number) => number): string {
  const values = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) values[row * columns + column] = at(row, column)
  return writer.floats([rows, columns], values)
}

/** The constants of the 16 kHz branch. */
class Weights {
  readonly #constants: ReadonlyMap<string, FloatTensor>

  constructor (model: Uint8Array) { this.#constants = readConstants(model) }

  get (name: string, dims: readonly number[]): Float32Array {
    const tensor = this.#constants.get(PREFIX + name)
    if (tensor?.dims.join() !== dims.join()) throw new Error(`this is not Silero VAD v5: ${name} is not of ${dims.join(' × ')}`)
    return tensor.values
  }
}
