/** Whose time a stage is. */
export type StageOwner = 'server' | 'provider'

export interface TurnStage {
  readonly name: string
  readonly owner: StageOwner
  /** The moment at which it ends; it begins where the one before ended. */
  readonly mark: string
}

/**
 * The stages of a turn, from the frame that completes the silence, or from `listen stop`, to the
 * first audio that is handed to the socket. docs/latency.md shows each of them.
 */
export const turnStages = [
  { name: 'voice detection', owner: 'server', mark: 'verdict' },
  { name: 'endpoint to gateway', owner: 'server', mark: 'endpoint' },
  { name: 'recogniser queue', owner: 'server', mark: 'recognitionBegun' },
  { name: 'recognition', owner: 'provider', mark: 'recognised' },
  { name: 'words to gateway', owner: 'server', mark: 'words' },
  { name: 'question to dialogue', owner: 'server', mark: 'modelRequest' },
  { name: 'first token', owner: 'provider', mark: 'firstToken' },
  { name: 'first sentence', owner: 'provider', mark: 'sentence' },
  { name: 'voice queue', owner: 'server', mark: 'voiceRequest' },
  { name: 'voice', owner: 'provider', mark: 'firstAudio' },
  { name: 'audio to voice worker', owner: 'server', mark: 'pcm' },
  { name: 'encoding', owner: 'server', mark: 'packet' },
  { name: 'packet to gateway', owner: 'server', mark: 'frame' },
  { name: 'playout', owner: 'server', mark: 'sent' }
] as const satisfies readonly TurnStage[]

/** The moments of a turn, in their order: where it begins, and the end of each stage. */
export type TurnMark = 'arrival' | typeof turnStages[number]['mark']

/** Moments in µs of the clock that all threads share (ring/microseconds.ts). */
export type TurnTimes = Readonly<Record<TurnMark, number>>

/** When somebody worked on something, on the same clock. */
export interface WorkTimes {
  begunAt: number
  endedAt: number
}

/** How an utterance came to its words, on the same clock. */
export interface HeardTimes extends Readonly<WorkTimes> {
  /** Of the frame that completes the silence, or of the device's own end. */
  readonly arrivalAt: number
  readonly verdictAt: number
  /** The gateway took the endpoint. */
  readonly takenAt: number
  /** It was being recognised before it ended. */
  readonly isGuess: boolean
}

/** Where the time of one answer went. */
export interface Waterfall {
  readonly totalUs: number
  readonly providerUs: number
  /** What is left of the whole without the providers. */
  readonly addedUs: number
  /** In the order of `turnStages`; their sum is the total. */
  readonly stagesUs: readonly number[]
}

/**
 * Work that ran ahead, or beside something slower, counts only as far as it was waited for: a stage
 * begins when all before it are over.
 * @returns undefined where a moment is not known (NaN), or the end lies before the beginning
 */
export function waterfallOf (times: TurnTimes): Waterfall | undefined {
  // The clock comes round: 32 bits of a difference are right, 32 bits of a moment are not.
  const since = (at: number): number => (at - times.arrival) | 0
  const totalUs = since(times.sent)
  if (totalUs < 0 || Object.values(times).some(Number.isNaN)) return undefined
  let reached = 0
  let providerUs = 0
  const stagesUs = turnStages.map(({ mark, owner }) => {
    const from = reached
    reached = Math.min(Math.max(from, since(times[mark])), totalUs)
    if (owner === 'provider') providerUs += reached - from
    return reached - from
  })
  return { totalUs, providerUs, addedUs: totalUs - providerUs, stagesUs }
}
