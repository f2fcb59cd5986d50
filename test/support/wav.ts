import { readFile, writeFile } from 'node:fs/promises'

import { formatWav, parseWav, type Wav } from '../../tools/simulator/wav.js'

export { formatWav, parseWav, type Wav }

/** @throws Error when the file is not 16-bit mono PCM. */
export async function readWav (path: string): Promise<Wav> {
  return parseWav(await readFile(path))
}

export async function writeWav (path: string, samples: Int16Array, sampleRate: number): Promise<void> {
  await writeFile(path, formatWav(samples, sampleRate))
}
