// The devices of `npm run bench:uplink`, in a process of their own. Each speaks without pause in
// realtime mode; all packets are made beforehand and shared. Talks to its parent by messages:
//
//   → { kind: 'ready' }  all are connected and their microphones are open
//   ← 'start'            speak; ← 'stop': finish the frame and say what was sent
//   → GeneratorReport
import { setTimeout as delay } from 'node:timers/promises'
import { build } from 'hdr-histogram-js'
import { encodeClip, UPLINK_FRAME_SAMPLES } from '../../tools/simulator/uplink-source.js'
import { seededRandom } from '../../src/bin/simulate/seeded.js'
import { encodeHistogram } from '../report/histograms.js'
import type { RecordedHistogram } from '../report/result.js'
import { binaryFrame, openConnections, type RawConnection } from '../support/raw-devices.js'
import { loadSpeech } from '../support/speech.js'

export interface GeneratorReport {
  readonly kind: 'report'
  /** Frames that each device sent. */
  readonly framesSent: readonly number[]
  /** Behind the plan: what the machine could not send in time came late to the server, too. */
  readonly lateness: RecordedHistogram
  readonly closedDevices: number
  readonly pendingBytes: number
}

const FRAME_MS = 60
/** Speech and its pause, 12.5 s: with 40 % five seconds of speech, as in `bench:talk`. */
const CYCLE_FRAMES = 208
/** Of the noise in pauses, as PCM16: −47 and −64 dBFS. */
const NOISE_PEAKS: Readonly<Record<string, number>> = { noise: 350, quiet: 50 }
/** Of the histogram of latenesses, which goes up to a minute. */
const STEP_MS = 0.01
const MOST_STEPS = 60_000 / STEP_MS

/** Sends a frame of each device every 60 ms; the devices' turns are spread over that time. */
class Choir {
  readonly framesSent: number[]
  readonly lateness = build({ highestTrackableValue: MOST_STEPS, numberOfSignificantValueDigits: 3, bitBucketSize: 32 })
  readonly #connections: readonly RawConnection[]
  readonly #frames: readonly Buffer[]
  #isStopped = false

  constructor (connections: readonly RawConnection[], frames: readonly Buffer[]) {
    this.#connections = connections
    this.#frames = frames
    this.framesSent = connections.map(() => 0)
  }

  stop (): void { this.#isStopped = true }

  async sing (): Promise<void> {
    const count = this.#connections.length
    const startedAt = performance.now()
    for (let turn = 0; !this.#isStopped;) {
      const due = Math.floor((performance.now() - startedAt) / FRAME_MS * count)
      for (; turn <= due; turn++) this.#send(turn % count, performance.now() - startedAt - turn / count * FRAME_MS)
      await delay(1)
    }
  }

  #send (device: number, lateMs: number): void {
    const number = this.framesSent[device]!++
    // Each device is at another place of the speech.
    this.#connections[device]!.sendFrame(this.#frames[(number + device * 37) % this.#frames.length]!)
    this.lateness.recordValue(Math.min(MOST_STEPS, Math.max(0, Math.round(lateMs / STEP_MS))))
  }
}

const [port = 0, devices = 0, speechPercent = 100] = process.argv.slice(2).map(Number)
const connections = await openConnections(port, devices)
const choir = new Choir(connections, prepareFrames(speechPercent / 100, NOISE_PEAKS[process.argv[5]!] ?? 0).map(binaryFrame))
for (const connection of connections) connection.sendText('{"type":"listen","state":"start","mode":"realtime"}')
process.on('message', message => {
  if (message === 'start') choir.sing().then(report, fail)
  else if (message === 'stop') choir.stop()
})
process.once('disconnect', () => { process.exit(1) }) // the parent is gone
process.send!({ kind: 'ready' })

// All test speech, cut into stretches with pauses between them: of a noisy room, or silence that
// the codec leaves out.
function prepareFrames (speechShare: number, noisePeak: number): Buffer[] {
  const speech = loadSpeech()
  if (speechShare === 1) return encodeClip(speech)
  const stretch = Math.round(CYCLE_FRAMES * speechShare) * UPLINK_FRAME_SAMPLES
  const cycle = CYCLE_FRAMES * UPLINK_FRAME_SAMPLES
  const cycles = Math.floor(speech.length / stretch)
  const pcm = new Int16Array(cycles * cycle)
  const random = seededRandom(1)
  for (let at = 0; at < pcm.length; at++) pcm[at] = Math.round((random() + random() - 1) * noisePeak)
  for (let at = 0; at < cycles; at++) pcm.set(speech.subarray(at * stretch, (at + 1) * stretch), at * cycle)
  return encodeClip(pcm)
}

function report (): void {
  const { framesSent, lateness } = choir
  process.send!({
    kind: 'report',
    framesSent,
    lateness: encodeHistogram(lateness, { title: 'the generator behind its plan', unit: 'ms', step: STEP_MS }),
    closedDevices: connections.filter(connection => connection.isClosed).length,
    pendingBytes: connections.reduce((sum, connection) => sum + connection.pendingBytes, 0)
  } satisfies GeneratorReport)
}

function fail (error: unknown): void {
  process.stderr.write(`${String(error)}\n`)
  process.exit(1)
}
