import { isDeepStrictEqual } from 'node:util'
import { WINDOW_SAMPLES } from '../../../native-bindings/silero-vad.js'
import { ECHO_LASTS, ENDPOINT, PAUSE, SPEECH_LASTS, SPEECH_STARTED } from '../../ring/layout.js'
import { RATE_HZ } from '../../../workers/voice/hearing.js'
import type { HearingOptions } from '../../../workers/voice/hearing-options.js'
import type { Output } from './rehear.js'

const WINDOW_SECONDS = WINDOW_SAMPLES / RATE_HZ
const names: Readonly<Record<number, string>> = {
  [SPEECH_STARTED]: 'speech started', [SPEECH_LASTS]: 'speech lasts', [ECHO_LASTS]: 'an echo lasts', [PAUSE]: 'pause', [ENDPOINT]: 'endpoint'
}

/** How a replay compares with what was recorded. */
export interface Comparison {
  readonly windows: number
  readonly endpoints: number
  /** Windows of other samples. */
  readonly otherFrames: number
  /** Windows that were voice in one and none in the other. */
  readonly otherDecisions: number
  /** Greatest difference of a probability. */
  readonly maxDifference: number
  /** Are starts, pauses, endpoints and interruptions the same, at the same samples? */
  readonly hasSameEvents: boolean
  /** In words, with the place in seconds of audio that was judged. */
  readonly firstDifference?: string
}

export function isEqual ({ otherFrames, otherDecisions, hasSameEvents }: Comparison): boolean {
  return otherFrames === 0 && otherDecisions === 0 && hasSameEvents
}

export function compareOutputs (recorded: readonly Output[], replayed: readonly Output[], options: HearingOptions): Comparison {
  const { speechThreshold, silenceThreshold } = options
  const decisionOf = (probability: number): number => probability >= speechThreshold ? 2 : probability < silenceThreshold ? 0 : 1
  let windows = 0
  let otherFrames = 0
  let otherDecisions = 0
  let maxDifference = 0
  let hasSameEvents = true
  let firstDifference: string | undefined
  const differ = (what: string): void => { firstDifference ??= `at ${(windows * WINDOW_SECONDS).toFixed(2)} s: ${what}` }
  for (let at = 0; at < Math.max(recorded.length, replayed.length); at++) {
    const was = recorded[at]
    const is = replayed[at]
    if (was?.kind === 'window') windows++
    if (was?.kind !== 'window' || is?.kind !== 'window') {
      if (isDeepStrictEqual(was, is)) continue
      hasSameEvents = false
      differ(`${describe(was)} became ${describe(is)}`)
      break // what follows is not of the same windows
    }
    maxDifference = Math.max(maxDifference, Math.abs(was.probability - is.probability))
    if (was.hash !== is.hash) { otherFrames++; differ('the audio is another') }
    if (decisionOf(was.probability) === decisionOf(is.probability)) continue
    otherDecisions++
    differ(`probability ${was.probability.toFixed(4)} became ${is.probability.toFixed(4)}`)
  }
  return {
    windows,
    endpoints: recorded.filter(output => output.kind === 'told' && output.what === ENDPOINT).length,
    otherFrames, otherDecisions, maxDifference, hasSameEvents,
    ...firstDifference === undefined ? {} : { firstDifference }
  }
}

function describe (output: Output | undefined): string {
  if (output === undefined) return 'nothing'
  if (output.kind === 'window') return 'a window'
  if (output.kind === 'stopped') return 'the order to hear no more'
  const { what, endpoint } = output
  const place = endpoint === undefined ? '' : ` of samples ${endpoint[1]} to ${endpoint[2]}`
  return `${names[what] ?? `event ${what}`}${place}`
}
