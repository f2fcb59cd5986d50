import { FLOAT, INT32, OnnxGraph } from './streaming/onnx-graph.js'

// A SenseVoice of a few kilobytes that sherpa-onnx loads and runs as it does the real one: inputs,
// metadata and the four tags before the words are those of its kind. It knows three words: how
// high a sound is. Each step of 60 ms says the word of its loudest band, unless all are quiet.

const WORDS = ['low', 'mid', 'high'] as const

/** A frequency in the middle of each band. */
export const WORD_HZ: Readonly<Record<typeof WORDS[number], number>> = { low: 300, mid: 1200, high: 4000 }

const TAGS = ['<|en|>', '<|NEUTRAL|>', '<|Speech|>', '<|withitn|>']
const VOCABULARY = ['<blk>', ...WORDS.map(word => `▁${word}`), ...TAGS]
const BINS = 80
const FRAMES = 7
/** Where a band ends, in mel bins: at about 600 and 2,400 Hz. */
const BAND_ENDS = [20, 50, BINS]
/** Log energy of 16-bit samples that is still silence. */
const SILENCE = 16.8

/** The files of the model, by the names that the releases use. */
export function senseVoiceFiles (): Record<'model.int8.onnx' | 'tokens.txt', Buffer> {
  return { 'model.int8.onnx': network(), 'tokens.txt': Buffer.from(VOCABULARY.map((token, id) => `${token} ${id}\n`).join('')) }
}

function network (): Buffer {
  const graph = new OnnxGraph()
  const x = graph.input('x', FLOAT, [1, 'T', FRAMES * BINS])
  for (const name of ['x_length', 'language', 'text_norm']) graph.input(name, INT32, [1])
  graph.output('logits', FLOAT, [1, 'U', VOCABULARY.length])
  const bands = WORDS.map((_, at) => {
    const from = 3 * BINS // of the seven frames of a step the middle one
    const bins = graph.node('Slice', [
      x, graph.integers([from + (BAND_ENDS[at - 1] ?? 0)]), graph.integers([from + BAND_ENDS[at]!]), graph.integers([2])
    ])
    return graph.node('ReduceMax', [bins], { axes: [2], keepdims: 1 })
  })
  const constant = (value: number): string => {
    return graph.node('Add', [graph.node('Mul', [bands[0]!, graph.floats([0], [])]), graph.floats([value], [])])
  }
  const steps = graph.node('Concat', [constant(SILENCE), ...bands, ...TAGS.map(() => constant(-1000))], { axis: 2 })
  const tags = TAGS.flatMap((_, tag) => VOCABULARY.map((_, id) => id === 1 + WORDS.length + tag ? 1 : 0))
  graph.node('Concat', [graph.floats(tags, [1, TAGS.length, VOCABULARY.length]), steps], { axis: 1 }, 'logits')
  return graph.file({
    vocab_size: VOCABULARY.length,
    lfr_window_size: FRAMES,
    lfr_window_shift: 6,
    normalize_samples: 0,
    with_itn: 14,
    without_itn: 15,
    lang_auto: 0,
    lang_zh: 3,
    lang_en: 4,
    lang_yue: 7,
    lang_ja: 11,
    lang_ko: 12,
    neg_mean: new Array<number>(FRAMES * BINS).fill(0).join(','),
    inv_stddev: new Array<number>(FRAMES * BINS).fill(1).join(',')
  })
}
