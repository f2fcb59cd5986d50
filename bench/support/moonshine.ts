import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { moonshineFiles, moonshineTokens } from '../../native-bindings/model-files.js'
import { Recogniser } from '../../native-bindings/recogniser.js'

/** Moonshine Base, as the server runs it; its list of tokens is kept nowhere. */
export async function loadMoonshine (): Promise<Recogniser> {
  const folder = mkdtempSync(join(tmpdir(), 'chorus-bench-'))
  try {
    const { encoder, decoder } = moonshineFiles('base')
    const tokens = await moonshineTokens(folder)
    return new Recogniser({ kind: 'moonshine', encoder: encoder.path, decoder: decoder.path, tokens: tokens.path })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
