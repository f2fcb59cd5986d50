import { TONE_HZ, type Word } from './tone-models.js'

const SAMPLES_PER_MS = 16
const AMPLITUDE = 8000

/** 16 kHz audio in which each word is a sound of 400 ms with 240 ms of silence before it. */
export function sing (words: readonly Word[], silenceAfterMs = 0): Int16Array {
  const parts = words.flatMap(word => [silence(240), tone(TONE_HZ[word], 400)])
  return concatenate([...parts, silence(silenceAfterMs)])
}

export function silence (ms: number): Int16Array { return new Int16Array(ms * SAMPLES_PER_MS) }

export function concatenate (parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

export function toFloats (samples: Int16Array): Float32Array { return Float32Array.from(samples, sample => sample / 32_768) }

function tone (hz: number, ms: number): Int16Array {
  return Int16Array.from({ length: ms * SAMPLES_PER_MS }, (_, at) => Math.sin(2 * Math.PI * hz * at / 16_000) * AMPLITUDE)
}
