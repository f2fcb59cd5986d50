import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { encodeClip } from '../../tools/simulator/uplink-source.js'
import type { ChorusServer } from './chorus-server.js'
import { clips, loadClip } from './clips.js'

/** How many are open at once. */
const LANES = 8
/**
 * Speech is sent far faster than anybody speaks, so the voice worker falls behind; a look at this
 * interval keeps its arrears below the seats that there are.
 */
const LOOK_EVERY = 20
const MOST_SLOTS = 64
const SETTLE_TIMEOUT_MS = 10_000

interface Occupied { readonly slots: number, readonly pages: number, readonly sessions: number }

export interface Settled extends Occupied { readonly residentMb: readonly number[] }

/**
 * Opens conversations, each with speech sent as fast as the socket takes it, and drops them at
 * different points: before hello, within an utterance, while it is recognised, in the reply.
 * `residentMb` is taken after each twentieth of them.
 */
export async function openAndClose (server: ChorusServer, count: number): Promise<Settled> {
  const packets = encodeClip(loadClip(clips.sevenOfClubs))
  const silence = encodeClip(new Int16Array(16_000))
  const residentMb: number[] = []
  let started = 0
  const lane = async (): Promise<void> => {
    while (started < count) {
      const index = started++
      if (index % LOOK_EVERY === 0) await settle(server, MOST_SLOTS)
      await converse(server.url, index, packets, silence)
      if (index % Math.ceil(count / 20) === 0) residentMb.push(await server.residentMb())
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return { ...await settle(server, 0), residentMb }
}

/** The workers let go of slots a moment after the sockets closed; asks until few are left. */
async function settle (server: ChorusServer, mostSlots: number): Promise<Occupied> {
  const deadline = performance.now() + SETTLE_TIMEOUT_MS
  for (;;) {
    const { slots = -1, pages = -1, sessions = -1, queuedJobs } = await server.health()
    const isSettled = mostSlots > 0 ? slots <= mostSlots : slots + pages + sessions + queuedJobs! === 0
    if (isSettled || performance.now() > deadline) return { slots, pages, sessions }
    await delay(50)
  }
}

async function converse (url: string, index: number, packets: readonly Uint8Array[], silence: readonly Uint8Array[]): Promise<void> {
  const socket = new WebSocket(url, { headers: { 'device-id': `device-${index}` } })
  const received = (type: string): Promise<void> => new Promise((resolve, reject) => {
    socket.on('message', (data: Buffer, isBinary) => { if (!isBinary && data.includes(`"${type}"`)) resolve() })
    socket.once('close', () => { reject(new Error(`conversation ${index} was closed before "${type}"`)) })
  })
  await new Promise<void>((resolve, reject) => { socket.once('open', resolve).once('error', reject) })
  const point = index % 8
  if (point > 0) {
    const hello = received('hello')
    socket.send('{"type":"hello","version":1,"transport":"websocket"}')
    await hello
    socket.send(`{"type":"listen","state":"start","mode":"${point === 1 ? 'manual' : 'auto'}"}`)
    for (const packet of packets) socket.send(packet)
  }
  // One in eight waits for the answer to begin, which costs a recognition.
  if (point === 7 && index % 64 === 7) {
    const stt = received('stt')
    for (const packet of silence) socket.send(packet)
    await stt
  } else if (point > 4) {
    for (const packet of silence) socket.send(packet)
  }
  const closed = new Promise<void>(resolve => { socket.once('close', () => { resolve() }) })
  if (index % 2 === 0) socket.terminate() // as firmware does: no Close frame
  else socket.close()
  await closed
}
