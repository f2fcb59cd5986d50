import net from 'node:net'
import tls from 'node:tls'

import type { MqttSettings } from './device-mqtt.js'
import { Unmet } from './verdicts.js'

const TIMEOUT_MS = 10_000
const TLS_PORT = 8883
const CONNECT = 0x10
const CONNACK = 2
const CONNACK_BYTES = 4
const PROTOCOL_LEVEL = 4 // MQTT 3.1.1
const CLEAN_USER_PASSWORD = 0xc2

export interface Connected {
  readonly socket: net.Socket
  /** Return code of the CONNACK. */
  readonly code: number
  readonly tookMs: number
}

/**
 * Says CONNECT as firmware does, without a will, and then nothing more.
 * @throws Unmet without a CONNACK
 */
export async function connectPlainly ({ endpoint, clientId, username, password }: MqttSettings, keepAliveS: number): Promise<Connected> {
  const [host = '', port = String(TLS_PORT)] = endpoint.split(':')
  const target = { host, port: Number(port) }
  const socket = target.port === TLS_PORT ? tls.connect({ ...target, rejectUnauthorized: false }) : net.connect(target)
  socket.on('error', () => {})
  const askedAt = performance.now()
  const who = [clientId, username, password].map(text)
  const flags = Buffer.of(PROTOCOL_LEVEL, CLEAN_USER_PASSWORD, keepAliveS >> 8, keepAliveS & 255)
  const body = Buffer.concat([text('MQTT'), flags, ...who])
  socket.write(Buffer.concat([Buffer.of(CONNECT), lengthOf(body.length), body]))
  const answer = await readAnswer(socket)
  const tookMs = performance.now() - askedAt
  if (answer.length >= CONNACK_BYTES && answer[0]! >> 4 === CONNACK) return { socket, code: answer[3]!, tookMs }
  socket.destroy()
  throw new Unmet(`expected a CONNACK; came ${answer.length === 0 ? 'nothing' : answer.toString('hex')}`)
}

function readAnswer (socket: net.Socket): Promise<Buffer> {
  return new Promise(resolve => {
    let bytes: Buffer = Buffer.alloc(0)
    const finish = (): void => {
      clearTimeout(timer)
      socket.off('data', onData).off('close', finish)
      resolve(bytes)
    }
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes.length >= CONNACK_BYTES) finish()
    }
    const timer = setTimeout(finish, TIMEOUT_MS)
    socket.on('data', onData).on('close', finish)
  })
}

/** @returns how long it took. @throws Unmet when it does not come in time */
export async function endOf (socket: net.Socket, withinMs: number): Promise<number> {
  const from = performance.now()
  const hasEnded = await new Promise<boolean>(resolve => {
    const timer = setTimeout(() => { resolve(false) }, withinMs)
    socket.resume().once('close', () => { clearTimeout(timer); resolve(true) })
  })
  socket.destroy()
  if (!hasEnded) throw new Unmet(`expected an end within ${Math.round(withinMs)} ms; the connection stayed`)
  return performance.now() - from
}

function text (value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes])
}

/** Seven bits in a byte, the lowest first. */
function lengthOf (count: number): Buffer {
  return count < 128 ? Buffer.of(count) : Buffer.of((count & 127) | 128, count >> 7)
}
