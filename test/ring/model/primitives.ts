import type { MessagePort } from 'node:worker_threads'
import { EventLoop } from './event-loop.js'
import type { Steps } from './memory.js'

/**
 * What a scenario can ask of the machine. To the compiler these are plain functions; the scenario
 * is transformed, and then they are generators of steps, as everything else.
 */
const nowhere = new Int32Array(1)

function * chooseSteps (choices: number): Steps { return yield ['choose', nowhere, 0, choices] }
function runLoopSteps (loop: EventLoop, isDone: () => boolean): Steps { return loop.run(isDone) }

/** The explored thread goes on in each of `choices` ways: 0, 1, … */
export const choose = chooseSteps as unknown as (choices: number) => number

export type { EventLoop }
export const makeLoop = (): EventLoop => new EventLoop()
/** Ends of a message channel towards a thread with an event loop. */
export const portOf = (loop: EventLoop): MessagePort => loop.port as unknown as MessagePort

/** Runs the calling thread's event loop until `isDone`, or until nothing more can come. */
export const runLoop = runLoopSteps as unknown as (loop: EventLoop, isDone: () => boolean) => void

export const primitives = { choose, makeLoop, portOf, runLoop }
