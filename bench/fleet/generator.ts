// A process with a share of a fleet's devices; its parent talks to it by the messages of
// messages.ts. It ends when the parent goes.
import { deviceIdOf, planDevices } from '../../src/bin/simulate/schedule.js'
import { seededRandom } from '../../src/bin/simulate/seeded.js'
import { Agenda, Storms } from './agenda.js'
import { ImpairedPath, isImpaired, Stalls } from './impaired-path.js'
import type { FromGenerator, GeneratorPlan, ToGenerator } from './messages.js'
import { Metronome } from './metronome.js'
import { preparePackets } from './packets.js'
import { periodMs } from './scenario.js'
import { Talker } from './talker.js'
import { Tally } from './tally.js'
import { WsLink } from './ws-link.js'

const FRAME_MS = 60
const PULSE_MS = 1000

class Generator {
  readonly #plan: GeneratorPlan
  readonly #packets
  readonly #tally = new Tally()
  readonly #metronome: Metronome
  #talkers: Talker[] = []
  #pulse: NodeJS.Timeout | undefined

  constructor (plan: GeneratorPlan) {
    this.#plan = plan
    const { speechSeconds, pause } = plan.scenario.conversation
    this.#packets = preparePackets(speechSeconds, pause)
    this.#metronome = new Metronome(FRAME_MS, lateMs => { this.#tally.record('tick', lateMs) })
  }

  begin (atEpochMs: number): void {
    const { scenario, firstIndex, devices, allDevices, seed, rampMs } = this.#plan
    const startMs = atEpochMs - performance.timeOrigin
    const times = planDevices({ devices: allDevices, periodMs: periodMs(scenario), rampMs, seed })
    this.#talkers = times.slice(firstIndex, firstIndex + devices).map(({ connectMs, firstMs }, at) => {
      const index = firstIndex + at
      const random = seededRandom(seed * 0x1_0001 + index)
      const talker = new Talker({
        scenario,
        packets: this.#packets,
        agenda: new Agenda(scenario, startMs + firstMs, random),
        storms: new Storms(scenario, startMs, random),
        tally: this.#tally,
        connectAtMs: startMs + connectMs,
        random,
        connect: events => new WsLink(this.#plan.port, deviceIdOf(seed, index), events, this.#paths(random))
      })
      this.#metronome.add(talker, random())
      return talker
    })
    this.#metronome.start(startMs)
    this.#pulse = setInterval(() => {
      const { frames, underruns } = this.#tally.counts
      send({ kind: 'pulse', connected: this.#connected, frames, underruns })
    }, PULSE_MS)
  }

  report (): void {
    send({ kind: 'report', tally: this.#tally.report() })
    this.#tally.reset()
  }

  stop (): void {
    this.#metronome.stop()
    clearInterval(this.#pulse)
    for (const talker of this.#talkers) talker.close()
    send({ kind: 'stopped' })
  }

  get #connected (): number { return this.#talkers.reduce((sum, { isConnected }) => sum + Number(isConnected), 0) }

  #paths (random: () => number) {
    const { impairment } = this.#plan.scenario
    if (!isImpaired(impairment)) return undefined
    const stalls = new Stalls(impairment, random)
    return { up: new ImpairedPath(impairment, stalls, random), down: new ImpairedPath(impairment, stalls, random) }
  }
}

let generator: Generator | undefined
process.on('message', (message: ToGenerator) => {
  switch (message.kind) {
    case 'plan':
      generator = new Generator(message.plan)
      send({ kind: 'ready' })
      break
    case 'begin': generator?.begin(message.atEpochMs); break
    case 'report': generator?.report(); break
    case 'stop': generator?.stop(); break
  }
})
process.once('disconnect', () => { process.exit(0) })

function send (message: FromGenerator): void { process.send!(message) }
