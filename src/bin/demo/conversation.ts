import { randomUUID } from 'node:crypto'
import { fetchOta } from '../../../tools/simulator/fetch-ota.js'
import { randomDeviceId } from '../../../tools/simulator/device-profile.js'
import { SimulatedDevice } from '../../../tools/simulator/simulated-device.js'
import type { DeviceState, JsonObject, ListenMode, TurnRecord } from '../../../tools/simulator/types.js'
import { UPLINK_RATE_HZ } from '../../../tools/simulator/uplink-source.js'
import type { Question } from './question.js'

/** What happens while it happens. */
export interface ConversationView {
  onState (state: DeviceState): void
  onQuestion (question: Question): void
  /** `isCut`: the device stopped listening before the clip was over. */
  onQuestionEnd (question: Question, isCut: boolean): void
  onMessage (message: JsonObject): void
  onTurn (turn: TurnRecord): void
}

export interface ConversationOptions {
  readonly url: string
  readonly token: string
  /** Asked for the token as a device asks at boot, if there is one. */
  readonly otaUrl: string | undefined
  readonly mode: ListenMode
  readonly questions: readonly Question[]
  readonly signal: AbortSignal
}

/** People look whether the device listens, then speak; nobody starts with its first frame. */
const LOOK_MS = 1500

// Longer than any answer of a server that still works on it.
const ANSWER_TIMEOUT_MS = 90_000

/**
 * Asks every question in turn and returns the answers. @throws Error when one stays out or the
 * channel breaks.
 */
export async function runConversation (options: ConversationOptions, view: ConversationView): Promise<TurnRecord[]> {
  const deviceId = randomDeviceId()
  const clientId = randomUUID()
  const token = options.token === '' && options.otaUrl !== undefined ? await fetchToken(options.otaUrl, deviceId, clientId) : options.token
  const device = new SimulatedDevice({ url: options.url, token, deviceId, clientId, mode: options.mode })
  const hangUp = (): void => device.close()
  options.signal.addEventListener('abort', hangUp, { once: true })
  device.on('state', state => view.onState(state))
  device.on('message', (message, direction) => { if (direction === 'in') view.onMessage(message) })
  try {
    const turns: TurnRecord[] = []
    for (const question of options.questions) {
      options.signal.throwIfAborted()
      const turn = await ask(device, question, options.mode, view)
      view.onTurn(turn)
      turns.push(turn)
    }
    return turns
  } finally {
    options.signal.removeEventListener('abort', hangUp)
    device.close()
  }
}

async function ask (device: SimulatedDevice, question: Question, mode: ListenMode, view: ConversationView): Promise<TurnRecord> {
  await listen(device, question, mode)
  view.onQuestion(question)
  // Asked for before the question, so that a channel that breaks in mid-question is noticed as
  // well.
  const speechMs = question.kind === 'speech' ? question.durationMs : 0
  const answer = device.turnDone({ timeoutMs: ANSWER_TIMEOUT_MS + speechMs })
  const asked = sayOrType(device, question, mode).then(isCut => view.onQuestionEnd(question, isCut))
  const [turn] = await Promise.all([answer, asked])
  return turn
}

async function listen (device: SimulatedDevice, question: Question, mode: ListenMode): Promise<void> {
  if (question.kind === 'text') {
    // A button that is held while one types would never be let go.
    if (!device.isChannelOpen) await device.start(mode === 'manual' ? 'auto' : mode)
  } else if (device.state === 'idle') await device.start(mode)
  else await device.waitForState('listening')
}

/** True if the device stopped listening before the question was over. */
async function sayOrType (device: SimulatedDevice, question: Question, mode: ListenMode): Promise<boolean> {
  if (question.kind === 'text') {
    await device.sendText(question.text)
    return false
  }
  if (device.state !== 'speaking') await device.speak(new Int16Array(UPLINK_RATE_HZ / 1000 * LOOK_MS))
  const { cut } = await device.speak(question.pcm)
  if (mode === 'manual') device.release()
  return cut
}

// A server without tokens, or without this address, is no reason to give up: the channel will tell.
async function fetchToken (otaUrl: string, deviceId: string, clientId: string): Promise<string> {
  try {
    const answer = await fetchOta(otaUrl, { deviceId, clientId, timeoutMs: 5000 })
    const websocket = answer.body?.['websocket']
    const token = typeof websocket === 'object' && websocket !== null && 'token' in websocket ? websocket.token : ''
    return typeof token === 'string' ? token : ''
  } catch {
    return ''
  }
}
