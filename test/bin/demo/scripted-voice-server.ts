import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { WebSocketServer, type WebSocket } from 'ws'

import { tonePackets } from '../../tools/simulator/scripted-server.js'

export interface VoiceScript {
  /** Frames of the answer; none is a server that says nothing. */
  readonly replyFrames: number
}

const hello = {
  type: 'hello',
  transport: 'websocket',
  session_id: 's-1',
  audio_params: { format: 'opus', sample_rate: 24000, channels: 1, frame_duration: 60 }
}
// As many quiet frames in a row are the end of what the user said.
const END_OF_SPEECH_FRAMES = 5
const FRAME_MS = 60
const LEAD_FRAMES = 4

/** A server that waits for speech to end, or for a text, and answers with a tone. */
export async function openVoiceServer (script: VoiceScript): Promise<{ server: WebSocketServer, port: number }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  await new Promise<void>(resolve => { server.on('listening', resolve) })
  server.on('connection', socket => serve(socket, script))
  return { server, port: (server.address() as AddressInfo).port }
}

function serve (socket: WebSocket, script: VoiceScript): void {
  let quietFrames = 0
  let hasSpeech = false
  let isBusy = false
  const send = (message: unknown): void => socket.send(JSON.stringify(message))
  const answer = async (heard: string): Promise<void> => {
    if (isBusy) return
    isBusy = true
    send({ type: 'stt', text: heard })
    send({ type: 'tts', state: 'start' })
    await delay(100)
    send({ type: 'tts', state: 'sentence_start', text: 'A tone for you.' })
    const packets = tonePackets(script.replyFrames)
    for (let index = 0; index < packets.length; index++) {
      if (index >= LEAD_FRAMES) await delay(FRAME_MS)
      socket.send(packets[index]!)
    }
    send({ type: 'tts', state: 'stop' })
    isBusy = false
    hasSpeech = false
  }
  socket.on('message', (data, isBinary) => {
    if (isBinary) {
      quietFrames = (data as Buffer).length > 30 ? 0 : quietFrames + 1
      hasSpeech ||= quietFrames === 0
      if (hasSpeech && quietFrames >= END_OF_SPEECH_FRAMES) void answer('something')
      return
    }
    const message = JSON.parse(String(data)) as Record<string, unknown>
    if (message['type'] === 'hello') send(hello)
    else if (message['state'] === 'detect') void answer(String(message['text']))
    else if (message['state'] === 'stop') void answer('something')
  })
}
