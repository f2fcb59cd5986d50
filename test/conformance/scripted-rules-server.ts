import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { WebSocketServer, type WebSocket } from 'ws'

import type { Target } from '../../tools/conformance/target.js'
import { encodeSpeech } from '../../tools/conformance/speech.js'

/** What one answer of the server is to differ in. */
export interface Rules {
  readonly hello?: (hello: object) => readonly object[]
  readonly stops?: number
  readonly gapMs?: number
  readonly sessionId?: string
}

const FRAME = encodeSpeech(new Int16Array(960))[0]!
const hello = {
  type: 'hello', transport: 'websocket', session_id: 's-1', audio_params: { format: 'opus', sample_rate: 24000, channels: 1, frame_duration: 60 }
}

/** A server that obeys all rules of a turn but those that it is told to break. */
export async function startServer (t: TestContext, rules: Rules = {}): Promise<Target> {
  const http = createServer()
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false })
  sockets.on('connection', (socket: WebSocket, _request: IncomingMessage) => {
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary) onText(socket, JSON.parse(data.toString()) as Record<string, unknown>, rules)
    })
  })
  await new Promise<void>(resolve => { http.listen(0, '127.0.0.1', resolve) })
  t.after(async () => {
    for (const socket of sockets.clients) socket.terminate()
    sockets.close()
    await new Promise<void>(resolve => { http.close(() => { resolve() }) })
  })
  return targetAt(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/xiaozhi/v1/`)
}

export function targetAt (url: string): Target {
  return {
    url, otaUrl: undefined, token: undefined, timers: { helloMs: 1000, idleMs: 1000, longAnswerS: 1 }, toleranceMs: 1000,
    clips: { question: [FRAME], word: [FRAME] }, model: undefined, operator: undefined, spare: undefined, isWhole: false
  }
}

function onText (socket: WebSocket, message: Record<string, unknown>, rules: Rules): void {
  const send = (json: object): void => { socket.send(JSON.stringify(json)) }
  if (message['type'] === 'hello') for (const one of rules.hello?.(hello) ?? [hello]) send(one)
  if (message['state'] !== 'detect') return
  send({ type: 'stt', text: message['text'] })
  send({ type: 'tts', state: 'start' })
  setTimeout(() => {
    send({ type: 'tts', state: 'sentence_start', text: 'Yes.' })
    for (let frame = 0; frame < 3; frame++) socket.send(FRAME)
    for (let stop = 0; stop < (rules.stops ?? 1); stop++) send({ type: 'tts', state: 'stop' })
  }, rules.gapMs ?? 100)
}
