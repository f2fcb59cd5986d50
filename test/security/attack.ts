import type { Siege } from './siege.js'

/** Something that the server has to refuse, and to count. */
export interface Attack {
  readonly name: string
  readonly run: (siege: Siege) => Promise<void>
}
