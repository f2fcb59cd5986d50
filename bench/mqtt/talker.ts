import type { FleetClip } from '../../src/bin/simulate/clips.js'
import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import type { TurnRecord } from '../../tools/simulator/types.js'
import type { Impairment } from '../../tools/simulator/udp-link.js'

export interface TalkerOptions {
  readonly url: string
  readonly clip: FleetClip
  readonly impairment: Impairment
  readonly addressChangeMs: number
  readonly random: () => number
}

export interface TalkerFigures {
  readonly isLost: boolean
  readonly answered: number
  /** What became of each turn that was not answered. */
  readonly failures: readonly string[]
  readonly heardMs: number
  /** Silence because the device had nothing to play. */
  readonly gapMs: number
  /** Audio that was lost on its way, or overtaken. */
  readonly lostMs: number
  readonly addressChanges: number
}

const TURN_TIMEOUT_MS = 60_000
const LOOK_AGAIN_MS = 250

/** A device whose user asks again and again, on a network that loses, delays and renames. */
export class Talker {
  readonly #options: TalkerOptions
  readonly #device: SimulatedDevice
  #isLost = false
  #answered = 0
  readonly #failures: string[] = []
  #heardMs = 0
  #gapMs = 0
  #addressChanges = 0

  constructor (options: TalkerOptions) {
    this.#options = options
    this.#device = new SimulatedDevice({
      url: options.url,
      impairment: options.impairment,
      keepTurns: 1,
      profile: { mic: 'shared', audio: 'count' }
    })
    this.#device.on('closed', () => { this.#isLost = true })
    this.#device.on('crash', () => { this.#isLost = true })
  }

  /** Talks until the time has come, then finishes the turn. */
  async run (endAtMs: number): Promise<TalkerFigures> {
    const { addressChangeMs, random } = this.#options
    let timer = setTimeout(() => {}, 0)
    const plan = (delayMs: number): void => {
      timer = setTimeout(() => {
        // Within an answer the device sends nothing, and no server could find it again.
        if (this.#device.state !== 'listening') { plan(LOOK_AGAIN_MS); return }
        this.#addressChanges++
        this.#device.changeAddress()
        plan(addressChangeMs)
      }, delayMs)
    }
    try {
      await this.#device.start('auto')
      plan(addressChangeMs * random())
      while (performance.now() < endAtMs && !this.#isLost) await this.#converse()
    } catch {
      this.#isLost ||= !this.#device.isChannelOpen
    } finally {
      clearTimeout(timer)
    }
    const { missing = 0 } = this.#device.udpFigures ?? {}
    return {
      isLost: this.#isLost,
      answered: this.#answered,
      failures: this.#failures,
      heardMs: this.#heardMs,
      gapMs: this.#gapMs,
      lostMs: missing * (this.#device.turns.at(-1)?.frameMs ?? 60),
      addressChanges: this.#addressChanges
    }
  }

  close (): void { this.#device.close() }

  async #converse (): Promise<void> {
    const { clip, random } = this.#options
    await this.#device.waitForState('listening', { timeoutMs: TURN_TIMEOUT_MS })
    await this.#device.speak(clip.copies[Math.floor(random() * clip.copies.length)]!)
    try {
      this.#note(await this.#device.turnDone({ timeoutMs: TURN_TIMEOUT_MS }))
    } catch (error) {
      this.#failures.push(error instanceof Error ? error.message : String(error))
    }
  }

  #note (turn: TurnRecord): void {
    if (turn.outcome === 'done' && turn.playedFrames > 0) this.#answered++
    else this.#failures.push(`the turn was ${turn.outcome}, with ${turn.playedFrames} frames played`)
    this.#heardMs += turn.playedFrames * turn.frameMs
    this.#gapMs += turn.underrunMs
  }
}
