import type { DeviceState } from './types.js'

const legal: Readonly<Record<DeviceState, readonly DeviceState[]>> = {
  idle: ['connecting', 'listening', 'speaking'],
  connecting: ['idle', 'listening'],
  listening: ['speaking', 'idle'],
  speaking: ['listening', 'idle'],
  crashed: []
}

/**
 * The value of the device's state. It changes at once; `onChange` is told so that the side effects
 * can run in the next pass of the main loop, for whatever the value is by then.
 *
 *     idle ──▶ connecting ──▶ listening ◀──▶ speaking
 *      ▲ ◀─────────┘ ◀────────────┘ ◀───────────┘
 *      └── may also go to listening and speaking directly, its channel being open
 */
export class StateMachine {
  readonly #onChange: (state: DeviceState, before: DeviceState) => void
  #value: DeviceState = 'idle'

  constructor (onChange: (state: DeviceState, before: DeviceState) => void) {
    this.#onChange = onChange
  }

  get value (): DeviceState { return this.#value }

  /** False when the transition is illegal, which the firmware ignores. Same state: a no-op. */
  change (next: DeviceState): boolean {
    const before = this.#value
    if (next === before) return true
    if (next !== 'crashed' && !legal[before].includes(next)) return false
    this.#value = next
    this.#onChange(next, before)
    return true
  }
}
