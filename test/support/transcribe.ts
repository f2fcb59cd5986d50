import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { moonshineFiles, moonshineTokens } from '../../native-bindings/model-files.js'
import { Recogniser } from '../../native-bindings/recogniser.js'
import { ResamplerLibrary } from '../../native-bindings/resampler.js'

export type Transcribe = (samples: Int16Array, rateHz: number) => string

/** The local recogniser, for hearing what a device played. */
export async function loadTranscriber (): Promise<Transcribe> {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-transcribe-'))
  try {
    const { encoder, decoder } = moonshineFiles('base')
    const tokens = await moonshineTokens(folder)
    const recogniser = new Recogniser({ kind: 'moonshine', encoder: encoder.path, decoder: decoder.path, tokens: tokens.path })
    const resamplers = await ResamplerLibrary.load()
    return (samples, rateHz) => {
      const pieces: number[] = []
      if (rateHz === 16_000) pieces.push(...samples)
      else resamplers.create(rateHz, 16_000).process(samples, piece => { for (const sample of piece) pieces.push(sample) })
      return recogniser.recognise(Float32Array.from(pieces, sample => sample / 32_768))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
