import { SimulatedDevice } from '../../tools/simulator/simulated-device.js'
import type { DeviceOptions } from '../../tools/simulator/types.js'
import { clips, loadClip } from '../support/clips.js'
import { countWordErrors } from '../support/word-error-rate.js'

// A process of its own, so that nothing an attacker does in the test makes it late: it converses
// from its start until it is told to stop, and says after each turn what came of it.

export interface HonestTurn {
  readonly heard: string
  readonly wordErrors: number
  readonly isComplete: boolean
  readonly playedFrames: number
  readonly lostFrames: number
  readonly underruns: number
}

const HALF_A_SECOND = 8000
const { text } = clips.sevenOfClubs

const device = new SimulatedDevice({ ...JSON.parse(process.argv[2]!) as DeviceOptions, profile: { audio: 'count' } })
let isStopping = false
process.once('message', () => { isStopping = true })
device.once('closed', code => {
  if (!isStopping) throw new Error(`the honest device was disconnected: ${code}`)
})

const question = loadClip(clips.sevenOfClubs)
await device.start('auto')
while (!isStopping) {
  await device.speak(new Int16Array(HALF_A_SECOND))
  await device.speak(question)
  const turn = await device.turnDone()
  const result: HonestTurn = {
    heard: turn.sttText ?? '',
    wordErrors: countWordErrors(text, turn.sttText ?? '').errors,
    isComplete: turn.ttsStartAtMs !== null && turn.ttsStopAtMs !== null,
    playedFrames: turn.playedFrames,
    lostFrames: turn.lostBeforeSpeaking + turn.lostAfterSpeaking + turn.overflowDrops + turn.malformedFrames,
    underruns: turn.underruns
  }
  process.send!(result)
}
device.close()
process.disconnect()
