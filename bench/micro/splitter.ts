import { SentenceSplitter } from '../../src/dialogue/sentence-splitter.js'
import { consume, type MicroCase, type Variant } from './types.js'

const ANSWER = 'Well, that depends on where you live. In Berlin it is 18.5 degrees, with a light breeze from the west; ' +
  'Dr. Meyer of the weather service expects rain after 4 p.m. today. Take an umbrella! Do you want to hear about tomorrow, too? ' +
  '明天会更冷一些，最高气温只有十二度。出门记得多穿衣服！'

/** As a language model streams: some four characters at a time. */
const deltas = ANSWER.match(/.{1,4}/gsu)!

function ours (): Variant {
  return {
    operations: 1,
    run: () => {
      const splitter = new SentenceSplitter()
      for (const delta of deltas) consume(splitter.push(delta).length)
      consume(splitter.end().length)
    }
  }
}

/** The segmenter knows no streams: all but the last of its sentences are taken as complete. */
function segmenter (): Variant {
  const segments = new Intl.Segmenter('en', { granularity: 'sentence' })
  return {
    operations: 1,
    run: () => {
      let text = ''
      for (const delta of deltas) {
        text += delta
        const sentences = [...segments.segment(text)]
        if (sentences.length > 1) text = sentences.at(-1)!.segment
        consume(sentences.length)
      }
    }
  }
}

export const splitter: MicroCase = {
  unit: `answer of ${deltas.length} deltas`,
  ours: 'ours',
  alternative: 'Intl.Segmenter',
  variants: { 'Intl.Segmenter': segmenter, ours }
}
