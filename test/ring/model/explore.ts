import { Machine, Violation, type Move } from './machine.js'
import { restartMemory } from './memory.js'

/** Threads that share memory, and what must hold when none of them can go on. */
export interface Scenario {
  readonly threads: Readonly<Record<string, () => void>>
  /** @param isBlocked which threads wait for something that does not come */
  check (isBlocked: Readonly<Record<string, boolean>>): void
}

export interface ExploreOptions {
  /** Is every plain access a step, too? Without races it makes no difference; see races.ts. */
  readonly everyAccess?: boolean
  /** May a timed wait end by itself, at any time? */
  readonly timeouts?: boolean
  readonly mostStates?: number
}

export interface Exploration { readonly states: number, readonly schedules: number, readonly steps: number }

/** A choice point of the search. */
interface Fork { readonly moves: readonly Move[], next: number }

/**
 * Runs a scenario under every schedule, depth first. A state that was met before is not continued:
 * two states are the same if every thread did and saw the same and every word has the same last
 * writer. That includes who had seen what of whom, so no race is missed by it.
 * @throws Violation with the schedule that led to it
 */
export function exploreAll (build: () => unknown, options: ExploreOptions = {}): Exploration {
  const seen = new Set<number>()
  const path: Fork[] = []
  let schedules = 0
  let steps = 0
  do {
    const run = new Run(build, options)
    let depth = 0
    schedules++
    for (let moves = run.moves(); moves.length > 0; moves = run.moves()) {
      let move = moves[0]!
      if (moves.length > 1) {
        if (depth === path.length) {
          const key = run.machine.key()
          if (seen.has(key)) break
          seen.add(key)
          if (seen.size > (options.mostStates ?? Infinity)) throw new RangeError(`more than ${options.mostStates} states`)
          path.push({ moves: [...moves], next: 0 })
        }
        const fork = path[depth++]!
        move = fork.moves[fork.next]!
      }
      steps++
      run.take(move)
    }
    if (run.isOver) run.finish()
  } while (backtrack(path))
  return { states: seen.size, schedules, steps }
}

/** Runs a scenario under `schedules` random schedules; the same ones for the same `random`. */
export function exploreSome (build: () => unknown, schedules: number, random: () => number, options: ExploreOptions = {}): Exploration {
  let steps = 0
  for (let schedule = 0; schedule < schedules; schedule++) {
    const run = new Run(build, options)
    // Some schedules change threads at every step, some seldom.
    const patience = random()
    let last = -1
    for (let moves = run.moves(); moves.length > 0; moves = run.moves()) {
      const same = random() < patience ? moves.filter(({ thread }) => thread === last) : []
      const from = same.length > 0 ? same : moves
      const move = from[Math.floor(random() * from.length)]!
      last = move.thread
      steps++
      run.take(move)
    }
    run.finish()
  }
  return { states: 0, schedules, steps }
}

function backtrack (path: Fork[]): boolean {
  for (let fork = path.at(-1); fork !== undefined; fork = path.at(-1)) {
    fork.next++
    if (fork.next < fork.moves.length) return true
    path.pop()
  }
  return false
}

/** One execution of a scenario, from its set-up to its end. */
class Run {
  readonly machine: Machine
  readonly #scenario: Scenario
  readonly #build: () => unknown
  readonly #options: ExploreOptions
  readonly #taken: Move[] = []
  readonly #moves: Move[] = []

  constructor (build: () => unknown, options: ExploreOptions, trace?: string[]) {
    this.#build = build
    this.#options = options
    restartMemory()
    this.#scenario = Machine.runAlone(build) as Scenario
    const { threads } = this.#scenario
    this.machine = new Machine(Object.values(threads), Object.keys(threads), options.timeouts === true, trace)
  }

  get isOver (): boolean { return this.#moves.length === 0 }

  moves (): readonly Move[] {
    if (this.#options.everyAccess !== true) this.#guard(() => { this.machine.runUnseen() })
    this.machine.moves(this.#moves)
    return this.#moves
  }

  take (move: Move): void {
    this.#taken.push(move)
    this.#guard(() => { this.machine.move(move.thread, move.choice) })
  }

  finish (): void {
    const names = Object.keys(this.#scenario.threads)
    const isBlocked = Object.fromEntries(this.machine.blocked.map((blocked, thread) => [names[thread]!, blocked]))
    this.#guard(() => Machine.runAlone(() => this.#scenario.check(isBlocked)))
  }

  #guard (work: () => void): void {
    try {
      work()
    } catch (error) {
      throw new Violation(`${error instanceof Error ? error.message : String(error)}\n${this.#retell().join('\n')}`, { cause: error })
    }
  }

  /** The same schedule once more, with every step put into words. */
  #retell (): string[] {
    const trace: string[] = []
    restartMemory()
    const { threads } = Machine.runAlone(this.#build) as Scenario
    try {
      const machine = new Machine(Object.values(threads), Object.keys(threads), this.#options.timeouts === true, trace)
      for (const { thread, choice } of this.#taken) {
        if (this.#options.everyAccess !== true) machine.runUnseen()
        machine.move(thread, choice)
      }
    } catch {
      // It ends as it did before.
    }
    return trace
  }
}
