import { cases } from '../micro/cases.js'

/** Names that stand for several cases. */
export const groups: Readonly<Record<string, readonly string[]>> = {
  /** What is done with each frame that is heard and spoken: enough of a look for every change. */
  path: ['ring', 'frame-in', 'inbound', 'decode', 'vad', 'hearing', 'speaking', 'encode', 'voice-loop', 'frame-out'],
  micro: Object.keys(cases)
}
