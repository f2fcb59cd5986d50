/** Who must say that it has let go of a slot before the slot is given out again. */
export type Holder = 'voice' | 'dialogue'

interface Slot {
  readonly index: number
  readonly voice: number
  generation: number
  dialogue: number
  readonly holders: Set<Holder>
}

/** A slot that a session holds. */
export interface Lease {
  readonly slot: number
  readonly generation: number
  /** Indexes of the workers that serve it. */
  readonly voice: number
  readonly dialogue: number
}

/**
 * Gives out slots. Those of a voice worker are reused first in, first out, and only after every
 * worker that knew the slot has let go of it, so that no late record meets a new session.
 */
export class SlotPool {
  readonly #slots: Slot[] = []
  readonly #free: number[][]
  readonly #sessionsOfDialogue: number[]

  constructor (voiceWorkers: number, seatsPerWorker: number, dialogueWorkers: number) {
    this.#free = Array.from({ length: voiceWorkers }, () => [])
    this.#sessionsOfDialogue = new Array<number>(dialogueWorkers).fill(0)
    for (let voice = 0; voice < voiceWorkers; voice++) {
      for (let seat = 0; seat < seatsPerWorker; seat++) {
        const index = this.#slots.length
        this.#slots.push({ index, voice, generation: 0, dialogue: 0, holders: new Set() })
        this.#free[voice]!.push(index)
      }
    }
  }

  get usedSlots (): number { return this.#slots.length - this.#free.reduce((sum, list) => sum + list.length, 0) }

  /**
   * A slot of the voice worker with the fewest conversations; undefined when all are taken.
   * @param wanted the dialogue worker that knows the session; without one, that with the fewest
   */
  lease (wanted?: number): Lease | undefined {
    const voice = indexOfBest(this.#free.map(list => list.length))
    const index = this.#free[voice]!.shift()
    if (index === undefined) return undefined
    const slot = this.#slots[index]!
    slot.generation = slot.generation === 0xffff ? 1 : slot.generation + 1 // 0 means nobody
    slot.dialogue = wanted ?? indexOfBest(this.#sessionsOfDialogue.map(count => -count))
    this.#sessionsOfDialogue[slot.dialogue]!++
    slot.holders.add('voice').add('dialogue')
    return { slot: index, generation: slot.generation, voice, dialogue: slot.dialogue }
  }

  /** One holder let go of the slot; the last one frees it. Those of an older lease are ignored. */
  letGo (index: number, generation: number, holder: Holder): void {
    const slot = this.#slots[index]
    if (slot === undefined || slot.generation !== generation || !slot.holders.delete(holder)) return
    if (slot.holders.size > 0) return
    this.#sessionsOfDialogue[slot.dialogue]!--
    this.#free[slot.voice]!.push(index)
  }
}

function indexOfBest (scores: readonly number[]): number {
  return scores.reduce((best, score, index) => score > scores[best]! ? index : best, 0)
}
