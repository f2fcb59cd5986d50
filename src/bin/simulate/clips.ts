import { existsSync, readFileSync } from 'node:fs'

import { prepareShared, UPLINK_FRAME_SAMPLES, UPLINK_RATE_HZ } from '../../../tools/simulator/uplink-source.js'
import { findOwnFile, readSpeechFile } from '../shared/speech-file.js'

/** What devices say. */
export interface FleetClip {
  readonly name: string
  /** What it should be understood as; undefined where nobody has written that down. */
  readonly text: string | undefined
  readonly durationMs: number
  /** The same at different places within the frames: to a codec that is different audio. */
  readonly copies: readonly Int16Array[]
}

/**
 * Five seconds each, and understood without an error at every place within the frames: what is
 * misheard of them was damaged on the way.
 */
const DEFAULT_CLIPS = ['en-river', 'en-dog', 'en-lights'].map(name => `test/fixtures/${name}.wav`)
const COPIES = 8
// What is that little longer than wanted stays whole, with the words that are known of it.
const MOST_TOO_LONG = 1.2
// Shorter than the silence that ends an utterance.
const GAP_SAMPLES = 0.25 * UPLINK_RATE_HZ

/**
 * The clips, encoded: devices only send packets.
 * @throws UsageError for a file that no device could say
 */
export function loadClips (files: readonly string[], speechSeconds: number | undefined): FleetClip[] {
  const paths = files.length > 0 ? files : DEFAULT_CLIPS.map(findOwnFile)
  return paths.map(path => {
    const { name, pcm } = readSpeechFile(path)
    const fitted = fitLength({ pcm, text: readWords(path) }, speechSeconds)
    const copies = Array.from({ length: COPIES }, (_, index) => shift(fitted.pcm, index * UPLINK_FRAME_SAMPLES / COPIES))
    for (const copy of copies) prepareShared(copy)
    return { name, text: fitted.text, durationMs: fitted.pcm.length / UPLINK_RATE_HZ * 1000, copies }
  })
}

interface Spoken { readonly pcm: Int16Array, readonly text: string | undefined }

/** Whole repetitions, or the beginning: of half a clip nobody knows the words. */
export function fitLength (clip: Spoken, seconds: number | undefined): Spoken {
  if (seconds === undefined) return clip
  const wanted = Math.round(seconds * UPLINK_RATE_HZ)
  if (clip.pcm.length > MOST_TOO_LONG * wanted) return { pcm: clip.pcm.slice(0, wanted), text: undefined }
  const count = Math.max(1, Math.round((wanted + GAP_SAMPLES) / (clip.pcm.length + GAP_SAMPLES)))
  const pcm = new Int16Array(count * clip.pcm.length + (count - 1) * GAP_SAMPLES)
  for (let at = 0; at < count; at++) pcm.set(clip.pcm, at * (clip.pcm.length + GAP_SAMPLES))
  return { pcm, text: clip.text === undefined ? undefined : new Array<string>(count).fill(clip.text).join(' ') }
}

// FILE.wav is understood as FILE.txt says.
function readWords (path: string): string | undefined {
  const file = path.replace(/\.wav$/i, '') + '.txt'
  if (!existsSync(file)) return undefined
  const text = readFileSync(file, 'utf8').trim()
  return text === '' ? undefined : text
}

function shift (pcm: Int16Array, samples: number): Int16Array {
  const shifted = new Int16Array(samples + pcm.length)
  shifted.set(pcm, samples)
  return shifted
}
