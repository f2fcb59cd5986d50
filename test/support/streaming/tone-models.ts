import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FLOAT, INT32, INT64, OnnxGraph } from './onnx-graph.js'

// Streaming recognisers of a few kilobytes that sherpa-onnx loads and runs as it does real ones.
// They know three words: how high a sound is. Of each four frames of 10 ms the loudest band says
// its word, unless all are quieter than the blank. They have the inputs, states and metadata of
// their kind and pass the states on as they came.

export const WORDS = ['low', 'mid', 'high'] as const
export type Word = typeof WORDS[number]

/** Frequencies in the middle of the bands. */
export const TONE_HZ: Readonly<Record<Word, number>> = { low: 300, mid: 1200, high: 4000 }

export type ToneModelKind = 'zipformer2-ctc' | 'zipformer2-transducer' | 'paraformer' | 'nemo-ctc'

const BINS = 80
/** Where a band ends, in mel bins: at about 600 and 2,400 Hz. */
const BAND_ENDS = [20, 50, BINS]
const VOCABULARY = 1 + WORDS.length
/** Log energy (samples -1 to 1) that is still silence, between a room and a voice. */
const BLANK_ENERGY = -4
/** What samples of 16 bits add to the log energy: ln(32768²). */
const INT16_ENERGY = 20.8

const SUBSAMPLING = 4
const CHUNK_FRAMES = 32
const WINDOW_FRAMES = 45
const CHUNK_STEPS = CHUNK_FRAMES / SUBSAMPLING

/** Writes a model and its tokens into `folder`, under the names that releases use. */
export function writeToneModel (folder: string, kind: ToneModelKind): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, bytes] of Object.entries(filesOf[kind]())) writeFileSync(join(folder, name), bytes)
}

const filesOf: Readonly<Record<ToneModelKind, () => Record<string, Buffer>>> = {
  'zipformer2-ctc': ctcFiles,
  'zipformer2-transducer': transducerFiles,
  paraformer: paraformerFiles,
  'nemo-ctc': nemoFiles
}

function ctcFiles (): Record<string, Buffer> {
  const graph = new OnnxGraph()
  const x = graph.input('x', FLOAT, ['N', WINDOW_FRAMES, BINS])
  graph.output('log_probs', FLOAT, ['N', CHUNK_STEPS, VOCABULARY])
  graph.node('LogSoftmax', [zipformerScores(graph, x)], { axis: -1 }, 'log_probs')
  passStates(graph)
  return { 'model.onnx': graph.file({ ...zipformerFacts, model_type: 'zipformer2' }), 'tokens.txt': tokens('▁') }
}

function transducerFiles (): Record<string, Buffer> {
  const encoder = new OnnxGraph()
  const x = encoder.input('x', FLOAT, ['N', WINDOW_FRAMES, BINS])
  encoder.output('encoder_out', FLOAT, ['N', CHUNK_STEPS, VOCABULARY])
  encoder.node('Identity', [zipformerScores(encoder, x)], {}, 'encoder_out')
  passStates(encoder)
  return {
    'encoder-epoch-1-avg-1.onnx': encoder.file({ ...zipformerFacts, model_type: 'zipformer2' }),
    'decoder-epoch-1-avg-1.onnx': transducerDecoder(),
    'joiner-epoch-1-avg-1.onnx': transducerJoiner(),
    'tokens.txt': tokens('▁')
  }
}

/** Forbids the word that was said last, so that a long sound is one word. */
function transducerDecoder (): Buffer {
  const graph = new OnnxGraph()
  const context = graph.input('y', INT64, ['N', 2])
  graph.output('decoder_out', FLOAT, ['N', VOCABULARY])
  const last = graph.node('Gather', [context, graph.integers([1], [])], { axis: 1 })
  const penalties = Array.from({ length: VOCABULARY ** 2 }, (_, at) => at > 0 && at % (VOCABULARY + 1) === 0 ? -1000 : 0)
  // The context begins with tokens below 0: those count as the blank.
  const known = graph.node('Max', [last, graph.integers([0], [])])
  graph.node('Gather', [graph.floats(penalties, [VOCABULARY, VOCABULARY]), known], { axis: 0 }, 'decoder_out')
  return graph.file({ vocab_size: VOCABULARY, context_size: 2 })
}

function transducerJoiner (): Buffer {
  const graph = new OnnxGraph()
  const heard = graph.input('encoder_out', FLOAT, ['N', VOCABULARY])
  const said = graph.input('decoder_out', FLOAT, ['N', VOCABULARY])
  graph.output('logit', FLOAT, ['N', VOCABULARY])
  // A forbidden word means that its sound goes on, and not that the next louder band is heard.
  const allowed = graph.node('Add', [heard, said])
  const isForbidden = graph.node('Less', [graph.node('ReduceMin', [said], { axes: [1], keepdims: 1 }), graph.floats([-1], [])])
  const isSameSound = graph.node('And', [isForbidden, graph.node('Less', [
    graph.node('ReduceMax', [allowed], { axes: [1], keepdims: 1 }), graph.node('ReduceMax', [heard], { axes: [1], keepdims: 1 })
  ])])
  const blank = graph.floats([0, -1000, -1000, -1000], [1, VOCABULARY])
  graph.node('Where', [isSameSound, blank, allowed], {}, 'logit')
  return graph.file({ joiner_dim: VOCABULARY })
}

/** [N, frames, bins] → [N, steps, words]; word 0 is the blank. */
function zipformerScores (graph: OnnxGraph, x: string): string {
  const chunk = graph.node('Slice', [x, graph.integers([0]), graph.integers([CHUNK_FRAMES]), graph.integers([1])])
  const grouped = graph.node('Reshape', [chunk, graph.integers([0, CHUNK_STEPS, SUBSAMPLING, BINS])])
  return scores(graph, graph.node('ReduceMean', [grouped], { axes: [2], keepdims: 0 }), BLANK_ENERGY)
}

function scores (graph: OnnxGraph, energies: string, blankEnergy: number): string {
  const bands = WORDS.map((_, at) => {
    const bins = graph.node('Slice', [energies, graph.integers([BAND_ENDS[at - 1] ?? 0]), graph.integers([BAND_ENDS[at]!]), graph.integers([2])])
    return graph.node('ReduceMax', [bins], { axes: [2], keepdims: 1 })
  })
  const blank = graph.node('Add', [graph.node('Mul', [bands[0]!, graph.floats([0], [])]), graph.floats([blankEnergy], [])])
  return graph.node('Concat', [blank, ...bands], { axis: 2 })
}

// One stack of one layer, as small as the shapes allow.
const zipformerFacts = {
  encoder_dims: 4,
  query_head_dims: 1,
  value_head_dims: 1,
  num_heads: 1,
  num_encoder_layers: 1,
  cnn_module_kernels: 3,
  left_context_len: 2,
  T: WINDOW_FRAMES,
  decode_chunk_len: CHUNK_FRAMES
}

function passStates (graph: OnnxGraph): void {
  const states: Record<string, readonly [number, readonly (number | string)[]]> = {
    cached_key_0: [FLOAT, [2, 'N', 1]],
    cached_nonlin_attn_0: [FLOAT, [1, 'N', 2, 3]],
    cached_val1_0: [FLOAT, [2, 'N', 1]],
    cached_val2_0: [FLOAT, [2, 'N', 1]],
    cached_conv1_0: [FLOAT, ['N', 4, 1]],
    cached_conv2_0: [FLOAT, ['N', 4, 1]],
    embed_states: [FLOAT, ['N', 128, 3, 19]],
    processed_lens: [INT64, ['N']]
  }
  for (const [name, [type, shape]] of Object.entries(states)) {
    graph.input(name, type, shape)
    graph.output(`new_${name}`, type, shape)
    graph.node('Identity', [name], {}, `new_${name}`)
  }
}

/** Its features come bins first, its blank is the last token, and its caches are three tensors. */
function nemoFiles (): Record<string, Buffer> {
  const graph = new OnnxGraph()
  const signal = graph.input('audio_signal', FLOAT, ['N', BINS, WINDOW_FRAMES])
  const caches: Record<string, readonly [number, readonly (number | string)[]]> = {
    length: [INT64, ['N']],
    cache_last_channel: [FLOAT, ['N', 1, 2, 2]],
    cache_last_time: [FLOAT, ['N', 1, 2, 2]],
    cache_last_channel_len: [INT64, ['N']]
  }
  graph.output('logprobs', FLOAT, ['N', CHUNK_STEPS, VOCABULARY])
  for (const [name, [type, shape]] of Object.entries(caches)) {
    graph.input(name, type, shape)
    graph.output(`${name}_next`, type, shape)
    graph.node('Identity', [name], {}, `${name}_next`)
  }
  const heard = zipformerScores(graph, graph.node('Transpose', [signal], { perm: [0, 2, 1] }))
  graph.node('Gather', [heard, graph.integers([1, 2, 3, 0])], { axis: 2 }, 'logprobs')
  const facts = {
    window_size: WINDOW_FRAMES, chunk_shift: CHUNK_FRAMES, subsampling_factor: SUBSAMPLING, vocab_size: WORDS.length,
    cache_last_channel_dim1: 1, cache_last_channel_dim2: 2, cache_last_channel_dim3: 2,
    cache_last_time_dim1: 1, cache_last_time_dim2: 2, cache_last_time_dim3: 2, normalize_type: ''
  }
  const words = [...WORDS.map(word => `▁${word}`), '<blk>']
  return { 'model.onnx': graph.file(facts), 'tokens.txt': Buffer.from(words.map((word, id) => `${word} ${id}\n`).join('')) }
}

const LFR_FRAMES = 7
const PARAFORMER_BINS = LFR_FRAMES * BINS

/** Each step of 60 ms fires a word; the decoder keeps the loudest band, and blanks are dropped. */
function paraformerFiles (): Record<string, Buffer> {
  const facts = {
    vocab_size: VOCABULARY,
    lfr_window_size: LFR_FRAMES,
    lfr_window_shift: 6,
    encoder_output_size: 4,
    decoder_num_blocks: 1,
    decoder_kernel_size: 3,
    neg_mean: new Array<number>(PARAFORMER_BINS).fill(0).join(','),
    // sherpa-onnx multiplies it by the square root of the output size.
    inv_stddev: new Array<number>(PARAFORMER_BINS).fill(0.5).join(',')
  }
  return { 'encoder.onnx': paraformerEncoder().file(facts), 'decoder.onnx': paraformerDecoder().file(), 'tokens.txt': tokens('') }
}

function paraformerEncoder (): OnnxGraph {
  const graph = new OnnxGraph()
  const speech = graph.input('speech', FLOAT, [1, 'T', PARAFORMER_BINS])
  const length = graph.input('speech_lengths', INT32, [1])
  graph.output('enc', FLOAT, [1, 'T', VOCABULARY])
  graph.output('enc_len', INT32, [1])
  graph.output('alphas', FLOAT, [1, 'T'])
  const middle = graph.node('Slice', [speech, graph.integers([3 * BINS]), graph.integers([4 * BINS]), graph.integers([2])])
  const heard = graph.node('Softmax', [scores(graph, middle, BLANK_ENERGY + INT16_ENERGY)], { axis: -1 })
  graph.node('Identity', [heard], {}, 'enc')
  graph.node('Identity', [length], {}, 'enc_len')
  const ones = graph.node('ReduceSum', [heard, graph.integers([2])], { keepdims: 0 })
  graph.node('Identity', [ones], {}, 'alphas')
  return graph
}

function paraformerDecoder (): OnnxGraph {
  const graph = new OnnxGraph()
  graph.input('enc', FLOAT, [1, 'T', VOCABULARY])
  graph.input('enc_len', INT32, [1])
  const embedded = graph.input('acoustic_embeds', FLOAT, [1, 'U', VOCABULARY])
  graph.input('acoustic_embeds_len', INT32, [1])
  graph.input('in_cache_0', FLOAT, [1, 4, 2])
  graph.output('logits', FLOAT, [1, 'U', VOCABULARY])
  graph.output('sample_ids', INT64, [1, 'U'])
  graph.output('out_cache_0', FLOAT, [1, 4, 2])
  graph.node('Identity', [embedded], {}, 'logits')
  graph.node('ArgMax', [embedded], { axis: 2, keepdims: 0 }, 'sample_ids')
  graph.node('Identity', ['in_cache_0'], {}, 'out_cache_0')
  return graph
}

function tokens (wordStart: string): Buffer {
  return Buffer.from(['<blk>', ...WORDS.map(word => wordStart + word)].map((token, id) => `${token} ${id}\n`).join(''))
}
