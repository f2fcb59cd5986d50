import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

import { WebSocketServer, type WebSocket } from 'ws'

import { openUplinkEncoder } from '../../../tools/simulator/opus-codec.js'

export type Json = Record<string, unknown>

export interface ScriptOptions {
  /** What answers the device's hello; `null` for silence. */
  readonly hello?: Json | null
}

export const defaultHello: Json = {
  type: 'hello',
  transport: 'websocket',
  session_id: 's-1',
  audio_params: { format: 'opus', sample_rate: 24000, channels: 1, frame_duration: 60 }
}

type Received = { readonly kind: 'text', readonly message: Json } | { readonly kind: 'binary', readonly data: Buffer }

/** One connection, seen from the server. */
export class Peer {
  readonly socket: WebSocket
  readonly request: IncomingMessage
  readonly received: Received[] = []
  pongs = 0
  readonly #listeners = new Set<() => void>()

  constructor (socket: WebSocket, request: IncomingMessage, hello: Json | null) {
    this.socket = socket
    this.request = request
    socket.on('message', (data, isBinary) => {
      const bytes = data as Buffer
      if (isBinary) this.received.push({ kind: 'binary', data: bytes })
      else {
        const message = JSON.parse(bytes.toString()) as Json
        this.received.push({ kind: 'text', message })
        if (message['type'] === 'hello' && hello !== null) this.send(hello)
      }
      this.#changed()
    })
    socket.on('pong', () => { this.pongs++; this.#changed() })
    socket.on('close', () => this.#changed())
    socket.on('error', () => {})
  }

  get texts (): Json[] { return this.received.flatMap(each => each.kind === 'text' ? [each.message] : []) }
  get frames (): Buffer[] { return this.received.flatMap(each => each.kind === 'binary' ? [each.data] : []) }
  get listenStarts (): number { return this.texts.filter(each => each['type'] === 'listen' && each['state'] === 'start').length }

  send (message: Json): void { this.socket.send(JSON.stringify(message)) }
  tts (state: string, more: Json = {}): void { this.send({ type: 'tts', state, ...more }) }

  /** `count` frames of a tone at once. */
  sendFrames (count: number): void { for (const packet of tonePackets(count)) this.socket.send(packet) }

  /** Waits until `condition` holds; checked at each thing that arrives. */
  async until (condition: () => boolean, what: string, timeoutMs = 5000): Promise<void> {
    if (condition()) return
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (!condition()) return
        clearTimeout(timer)
        this.#listeners.delete(check)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#listeners.delete(check)
        reject(new Error(`the server waited in vain for ${what}; it has ${JSON.stringify(this.texts)} and ${this.frames.length} frames`))
      }, timeoutMs)
      this.#listeners.add(check)
    })
  }

  untilListenStart (count = 1): Promise<void> { return this.until(() => this.listenStarts >= count, `listen start no. ${count}`) }

  #changed (): void { for (const listener of [...this.#listeners]) listener() }
}

export interface ScriptedServer {
  readonly url: string
  readonly peers: readonly Peer[]
  peer (index?: number): Promise<Peer>
}

/** A WebSocket server on loopback that answers the hello and leaves the rest to the test. */
export async function startScriptedServer (t: TestContext, { hello = defaultHello }: ScriptOptions = {}): Promise<ScriptedServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  await new Promise<void>(resolve => { server.on('listening', resolve) })
  const peers: Peer[] = []
  const waiting = new Set<() => void>()
  server.on('connection', (socket, request) => {
    peers.push(new Peer(socket, request, hello))
    for (const check of [...waiting]) check()
  })
  t.after(async () => {
    for (const peer of peers) peer.socket.terminate()
    await new Promise(resolve => { server.close(resolve) })
  })
  const { port } = server.address() as AddressInfo
  const peer = (index = 0): Promise<Peer> => new Promise(resolve => {
    const check = (): void => {
      const found = peers[index]
      if (found === undefined) return
      waiting.delete(check)
      resolve(found)
    }
    waiting.add(check)
    check()
  })
  return { url: `ws://127.0.0.1:${port}/xiaozhi/v1/`, peers, peer }
}

/** Packets of 60 ms at 24 kHz, a 440 Hz tone throughout. */
export function tonePackets (count: number, rateHz: 16000 | 24000 = 24000): Buffer[] {
  const encoder = openUplinkEncoder(rateHz)
  const samples = rateHz * 60 / 1000
  return Array.from({ length: count }, (_, index) => {
    const frame = Buffer.alloc(2 * samples)
    for (let i = 0; i < samples; i++) {
      const phase = 2 * Math.PI * 440 * (index * samples + i) / rateHz
      frame.writeInt16LE(Math.round(8000 * Math.sin(phase)), 2 * i)
    }
    return encoder.encode(frame)
  })
}
