import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { parseWav } from '../../tools/simulator/wav.js'

export interface Clip {
  readonly file: string
  readonly language: 'en' | 'zh'
  /** `undefined` where nobody has written down the words. */
  readonly text: string | undefined
  /** Clipped or mumbled: a recogniser may be wrong about it. */
  readonly isHard: boolean
}

export const clips = {
  chieftain: {
    file: 'en-chieftain.wav',
    language: 'en',
    text: 'The tribal chieftain called for the boy and presented him with fifty pieces of gold.',
    isHard: false
  },
  tenOfClubs: { file: 'en-cards-001.wav', language: 'en', text: 'ten of clubs', isHard: true },
  fourQueenOfClubs: { file: 'en-cards-002.wav', language: 'en', text: 'four queen of clubs', isHard: true },
  sevenOfClubs: { file: 'en-cards-003.wav', language: 'en', text: 'seven of clubs', isHard: false },
  mandarin: { file: 'zh.wav', language: 'zh', text: undefined, isHard: false }
} as const satisfies Record<string, Clip>

/** Of `npm run simulate`: synthetic, five seconds each. */
export const fleetClips = {
  river: {
    file: 'en-river.wav',
    language: 'en',
    text: 'What is the name of the longest river in the world and through which countries does it run?',
    isHard: false
  },
  lights: {
    file: 'en-lights.wav',
    language: 'en',
    text: 'Turn on the lights in the living room and play some quiet music for about thirty minutes.',
    isHard: false
  },
  dog: {
    file: 'en-dog.wav',
    language: 'en',
    text: 'Tell me a short story about a small dog that was lost in the forest and found its way home.',
    isHard: false
  }
} as const satisfies Record<string, Clip>

/** The path of a file in `test/fixtures`, from the sources as well as from `build/`. */
export function fixturePath (file: string): string {
  const here = path.dirname(fileURLToPath(import.meta.url))
  // The build holds no WAV files: walk up until a folder has them.
  for (let folder = here; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'test', 'fixtures', file)
    if (existsSync(candidate)) return candidate
    if (folder === path.dirname(folder)) throw new Error(`no test/fixtures/${file} above ${here}`)
  }
}

/** The samples of a clip at 16 kHz. */
export function loadClip (clip: Clip): Int16Array {
  return parseWav(readFileSync(fixturePath(clip.file))).samples
}
