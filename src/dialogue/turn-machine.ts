import { assertNever } from '../core/errors.js'

// One answer, from the question to the last sample handed to the voice worker. The model has ended
// when it calls no more tools (answer.ts):
//
//              sentence                 spoken, nothing waits,
//              (speak it)               the model has ended
//   asking ---------------> speaking -----------------------> done
//     |   model ended,        |   ^ |
//     |   nothing to say      |   +-+ sentence: wait, or speak when the voice is free
//     |                       |
//     +-- model failed -------+-- model failed, after what waits was spoken ---> failed
//     +-----------------------+-- voice failed (the rest is not spoken) -------> failed
//     +-----------------------+-- cancelled -----------------------------------> cancelled

export interface TurnState {
  readonly phase: 'asking' | 'speaking' | 'done' | 'failed' | 'cancelled'
  readonly llm: 'open' | 'ended' | 'failed'
  /** Sentences that wait for the voice. */
  readonly waiting: readonly string[]
  readonly isVoiceBusy: boolean
}

export type TurnEvent =
  | { readonly kind: 'sentence', readonly text: string }
  | { readonly kind: 'llmEnded' }
  | { readonly kind: 'llmFailed' }
  | { readonly kind: 'sentenceSpoken' }
  | { readonly kind: 'voiceFailed' }
  | { readonly kind: 'cancelled' }

export type TurnEffect =
  | { readonly kind: 'speak', readonly text: string }
  | { readonly kind: 'finish', readonly isFailed: boolean }

export interface TurnStep { readonly state: TurnState, readonly effects: readonly TurnEffect[] }

export const initialTurn: TurnState = { phase: 'asking', llm: 'open', waiting: [], isVoiceBusy: false }

/** What a turn does next. Pure; a turn that is over stays as it is. */
export function reduceTurn (state: TurnState, event: TurnEvent): TurnStep {
  if (state.phase !== 'asking' && state.phase !== 'speaking') return { state, effects: [] }
  switch (event.kind) {
    case 'sentence': return proceed({ ...state, waiting: [...state.waiting, event.text] })
    case 'llmEnded': return proceed({ ...state, llm: 'ended' })
    case 'llmFailed': return proceed({ ...state, llm: 'failed' })
    case 'sentenceSpoken': return proceed({ ...state, isVoiceBusy: false })
    case 'voiceFailed': return { state: { ...state, phase: 'failed', waiting: [], isVoiceBusy: false }, effects: [{ kind: 'finish', isFailed: true }] }
    case 'cancelled': return { state: { ...state, phase: 'cancelled', waiting: [] }, effects: [] }
    default: return assertNever(event)
  }
}

function proceed (state: TurnState): TurnStep {
  if (state.isVoiceBusy) return { state, effects: [] }
  const [text, ...waiting] = state.waiting
  if (text !== undefined) {
    return { state: { ...state, phase: 'speaking', waiting, isVoiceBusy: true }, effects: [{ kind: 'speak', text }] }
  }
  if (state.llm === 'open') return { state, effects: [] }
  const isFailed = state.llm === 'failed'
  return { state: { ...state, phase: isFailed ? 'failed' : 'done' }, effects: [{ kind: 'finish', isFailed }] }
}
