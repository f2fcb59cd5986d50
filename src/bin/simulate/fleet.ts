import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { sharedClock } from '../../../tools/simulator/deadline-clock.js'
import type { TurnRecord } from '../../../tools/simulator/types.js'
import { formatWav } from '../../../tools/simulator/wav.js'
import type { SimulateOptions } from './arguments.js'
import type { FleetClip } from './clips.js'
import { FleetDevice, type FleetSink } from './fleet-device.js'
import type { FleetTurn } from './fleet-turn.js'
import { Pacer } from './pacer.js'
import { deviceIdOf, planDevices } from './schedule.js'
import { seededRandom } from './seeded.js'

/** Connections that a server takes a second without a queue of them. */
const CONNECTS_PER_SECOND = 100

/** The load itself: all devices, from the first connection to the last answer. */
export class Fleet {
  readonly periodMs: number
  readonly #options: SimulateOptions
  readonly #devices: readonly FleetDevice[]
  readonly #pacer = new Pacer(sharedClock)
  readonly #writing = new Set<Promise<void>>()
  #replies = 0
  #silentReplies = 0

  constructor (options: SimulateOptions, url: string, clips: readonly FleetClip[], sink: FleetSink) {
    this.#options = options
    const longestMs = Math.max(...clips.map(clip => clip.durationMs))
    this.periodMs = longestMs + 1000 * (options.answerSeconds + options.pauseSeconds)
    const { devices, seed, seconds, rampSeconds = devices / CONNECTS_PER_SECOND } = options
    const plan = planDevices({ devices, periodMs: this.periodMs, rampMs: 1000 * rampSeconds, seed })
    const beganMs = performance.now()
    const keeping: FleetSink = {
      onTurn: turn => {
        this.#keepReply(turn)
        sink.onTurn(turn)
      },
      onMissed: count => sink.onMissed(count),
      onUnasked: () => sink.onUnasked(),
      onConnectionError: reason => sink.onConnectionError(reason)
    }
    this.#devices = plan.map(({ connectMs, firstMs }, index) => new FleetDevice({
      index,
      deviceId: deviceIdOf(seed, index),
      url,
      token: options.token,
      mode: options.mode,
      clips,
      connectAtMs: beganMs + connectMs,
      firstAtMs: beganMs + firstMs,
      endAtMs: beganMs + 1000 * seconds,
      periodMs: this.periodMs,
      answerMs: 1000 * options.answerSeconds,
      bargeInShare: options.bargeInShare,
      decodes: index < options.decode,
      random: seededRandom(seed * 0x10000 + index + 1)
    }, this.#pacer, keeping))
  }

  get connected (): number { return this.#devices.reduce((sum, device) => sum + Number(device.isConnected), 0) }
  /** Answers that were kept, and those of them in which nothing was to be heard. */
  get replies (): { readonly kept: number, readonly silent: number } { return { kept: this.#replies, silent: this.#silentReplies } }

  async run (): Promise<void> {
    await Promise.all(this.#devices.map(device => device.run()))
    await Promise.all(this.#writing)
  }

  /** Ends at once: what is under way is not waited for. */
  stop (): void {
    this.#pacer.stop()
    for (const device of this.#devices) device.close()
  }

  #keepReply ({ device, index, record }: FleetTurn): void {
    if (record === undefined || record.played.length === 0) return
    this.#replies++
    if (!record.played.some(sample => sample !== 0)) this.#silentReplies++
    const writing = this.#write(`device-${device}-turn-${index}.wav`, record).catch((error: unknown) => {
      process.emitWarning(`a reply could not be kept: ${error instanceof Error ? error.message : String(error)}`)
    })
    this.#writing.add(writing)
    void writing.then(() => { this.#writing.delete(writing) })
  }

  async #write (name: string, { played, sampleRate }: TurnRecord): Promise<void> {
    await mkdir(this.#options.out, { recursive: true })
    await writeFile(path.join(this.#options.out, name), formatWav(played, sampleRate))
  }
}
