import { createCipheriv } from 'node:crypto'
import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'

import { VISION_TOKEN, type Exchange, type Step, type Target } from './exchange.js'

export interface Ground {
  readonly host: string
  readonly ports: Readonly<Record<Target, number>>
  /** From where attackers come: limits by address then do not touch anybody else. */
  readonly localAddress: string | undefined
  readonly visionToken: string
}

/** What the server did about one connection. */
export interface Outcome {
  readonly end: 'refused' | 'closed' | 'kept'
  readonly sentBytes: number
  /** Of the first answer, where that is HTTP. */
  readonly status: number | undefined
}

const HEADER_BYTES = 16
const AWAIT_MS = 1000
const DRAIN_MS = 2000
const CONNECT_MS = 5000
/** Whoever closes does so soon. */
const LINGER_MS = 100
const KEEP_BYTES = 16_384

/** Sends an exchange, once for each of its copies. */
export async function playExchange (exchange: Exchange, ground: Ground): Promise<Outcome[]> {
  const play = exchange.target === 'udp' ? playDatagrams : playStream
  return await Promise.all(Array.from({ length: exchange.copies }, () => play(exchange, ground)))
}

/** @returns all that the server says to these steps */
export async function listenTo ({ target, steps }: Exchange, { host, ports }: Pick<Ground, 'host' | 'ports'>): Promise<string> {
  const stream = await Stream.open({ host, port: ports[target] })
  if (stream === undefined) return ''
  for (const step of steps) if (step.do !== 'datagram') await stream.take(step, '')
  stream.destroy()
  return stream.heard
}

async function playDatagrams ({ steps }: Exchange, { host, ports, localAddress }: Ground): Promise<Outcome> {
  const socket = await openDatagrams(localAddress)
  let sentBytes = 0
  for (const step of steps) {
    if (step.do === 'pause') await sleep(step.ms)
    if (!('bytes' in step)) continue
    sentBytes += step.bytes.length
    socket.send(step.bytes, ports.udp, host)
  }
  await sleep(LINGER_MS) // closed sooner, it would send nothing
  socket.close()
  return { end: 'kept', sentBytes, status: undefined }
}

async function playStream ({ target, steps }: Exchange, ground: Ground): Promise<Outcome> {
  const { host, ports, localAddress, visionToken } = ground
  const stream = await Stream.open({ host, port: ports[target], ...(localAddress === undefined ? {} : { localAddress }) })
  if (stream === undefined) return { end: 'refused', sentBytes: 0, status: undefined }
  const audio = new Audio(host, localAddress)
  try {
    for (const step of steps) {
      if (stream.hasEnded) break
      if (step.do === 'datagram') await audio.send(step, stream.heard)
      else await stream.take(step, visionToken)
    }
    await stream.linger()
    return { end: stream.hasEnded ? 'closed' : 'kept', sentBytes: stream.sentBytes + audio.sentBytes, status: stream.status }
  } finally {
    audio.close()
    stream.destroy()
  }
}

class Stream {
  sentBytes = 0
  hasEnded = false
  readonly #socket: net.Socket
  #heard = ''
  #awaitedFrom = 0
  #onNews: () => void = () => {}

  /** Undefined where nobody takes the connection. */
  static async open (options: net.TcpNetConnectOpts): Promise<Stream | undefined> {
    const socket = net.connect(options)
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) })
      return new Stream(socket)
    } catch {
      socket.destroy()
      return undefined
    }
  }

  constructor (socket: net.Socket) {
    this.#socket = socket
    const end = (): void => {
      this.hasEnded = true
      this.#onNews()
    }
    socket.on('error', () => {}).on('end', end).on('close', end)
    socket.on('data', (chunk: Buffer) => {
      if (this.#heard.length < KEEP_BYTES) this.#heard += chunk.toString('latin1')
      this.#onNews()
    })
  }

  get heard (): string { return this.#heard }
  get status (): number | undefined {
    const digits = /^HTTP\/1\.[01] (\d{3})/.exec(this.#heard)?.[1]
    return digits === undefined ? undefined : Number(digits)
  }

  async take (step: Exclude<Step, { do: 'datagram' }>, visionToken: string): Promise<void> {
    switch (step.do) {
      case 'send': await this.#send(withToken(step.bytes, visionToken)); break
      case 'await': await this.#wait(AWAIT_MS, () => this.#find(step.text)); break
      case 'pause': await this.#wait(step.ms, () => false); break
      case 'hangUp': this.#socket.end(); break
      case 'reset': this.#socket.resetAndDestroy()
    }
  }

  async linger (): Promise<void> { await this.#wait(LINGER_MS, () => false) }
  destroy (): void { this.#socket.destroy() }

  async #send (bytes: Buffer): Promise<void> {
    if (!this.#socket.writable) return
    this.sentBytes += bytes.length
    if (this.#socket.write(bytes)) return
    await once(this.#socket, 'drain', { signal: AbortSignal.timeout(DRAIN_MS) }).catch(() => {}) // it reads no more, or has gone
  }

  #find (text: string): boolean {
    const at = this.#heard.indexOf(text, this.#awaitedFrom)
    if (at >= 0) this.#awaitedFrom = at + text.length
    return at >= 0
  }

  /** Until it is so, or the server ends the connection, or the time is over. */
  async #wait (ms: number, isSo: () => boolean): Promise<void> {
    await new Promise<void>(resolve => {
      const finish = (): void => {
        clearTimeout(timer)
        this.#onNews = () => {}
        resolve()
      }
      const timer = setTimeout(finish, ms)
      this.#onNews = () => { if (this.hasEnded || isSo()) finish() }
      this.#onNews()
    })
  }
}

/** The UDP side of a session that was opened over MQTT. */
class Audio {
  sentBytes = 0
  readonly #host: string
  readonly #localAddress: string | undefined
  #socket: dgram.Socket | undefined

  constructor (host: string, localAddress: string | undefined) {
    this.#host = host
    this.#localAddress = localAddress
  }

  async send ({ bytes, sealed }: Extract<Step, { do: 'datagram' }>, heard: string): Promise<void> {
    const [, port, key = '', nonce = ''] = /"port":(\d+),"key":"([0-9a-f]{32})","nonce":"([0-9a-f]{32})"/.exec(heard) ?? []
    if (port === undefined) return // there is no session
    this.#socket ??= await openDatagrams(this.#localAddress)
    const datagram = sealed ? seal(bytes, Buffer.from(key, 'hex'), Buffer.from(nonce, 'hex')) : bytes
    this.sentBytes += datagram.length
    this.#socket.send(datagram, Number(port), this.#host)
    await new Promise(resolve => { setImmediate(resolve) }) // or the kernel would drop most of them
  }

  close (): void { this.#socket?.close() }
}

function seal (bytes: Buffer, key: Buffer, nonce: Buffer): Buffer {
  if (bytes.length < HEADER_BYTES) return bytes
  const header = Buffer.from(bytes.subarray(0, HEADER_BYTES))
  nonce.copy(header, 4, 4, 8) // the connection id
  return Buffer.concat([header, createCipheriv('aes-128-ctr', key, header).update(bytes.subarray(HEADER_BYTES))])
}

async function openDatagrams (localAddress: string | undefined): Promise<dgram.Socket> {
  const socket = dgram.createSocket('udp4')
  socket.on('error', () => {})
  socket.bind(0, localAddress)
  await once(socket, 'listening')
  return socket
}

function withToken (bytes: Buffer, token: string): Buffer {
  const at = bytes.indexOf(VISION_TOKEN)
  return at < 0 ? bytes : Buffer.concat([bytes.subarray(0, at), Buffer.from(token), bytes.subarray(at + VISION_TOKEN.length)])
}

function sleep (ms: number): Promise<void> { return new Promise(resolve => { setTimeout(resolve, ms) }) }
