import { findOwnFile, readSpeechFile, type SpeechFile } from '../shared/speech-file.js'
import type { DemoOptions } from './arguments.js'

/** What the user of the device says, or types. */
export type Question = ({ readonly kind: 'speech' } & SpeechFile) | { readonly kind: 'text', readonly text: string }

const DEFAULT_CLIP = 'test/fixtures/en-chieftain.wav'

/** @throws UsageError when the file is not there or is not what a device could say. */
export function readQuestions ({ wav, text }: DemoOptions): Question[] {
  const questions: Question[] = []
  if (wav !== undefined || text === undefined) questions.push({ kind: 'speech', ...readSpeechFile(wav ?? findOwnFile(DEFAULT_CLIP)) })
  if (text !== undefined) questions.push({ kind: 'text', text })
  return questions
}
