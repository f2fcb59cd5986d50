import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

// Only what Chorus uses of the API.
export interface UwsSocket {
  getUserData (): unknown
  send (message: string | Uint8Array, isBinary: boolean, compress: boolean): number
  getBufferedAmount (): number
  end (code: number, reason: string): void
  close (): void
  cork (write: () => void): void
}
export interface UwsRequest {
  getHeader (lowerCaseName: string): string
  getUrl (): string
  getQuery (): string
}
export interface UwsResponse {
  writeStatus (status: string): this
  end (body: string, closeConnection?: boolean): this
  /** Needed where the answer comes later: the response is gone once this was called. */
  onAborted (handler: () => void): this
  /** Writes what `write` writes at once; needed outside of a handler. */
  cork (write: () => void): this
  upgrade (userData: unknown, key: string, protocol: string, extensions: string, context: unknown): void
  getRemoteAddressAsText (): ArrayBuffer
}
export interface UwsBehaviour {
  readonly compression: number
  readonly maxPayloadLength: number
  readonly idleTimeout: number
  readonly maxBackpressure: number
  readonly closeOnBackpressureLimit: boolean
  readonly sendPingsAutomatically: boolean
  upgrade (response: UwsResponse, request: UwsRequest, context: unknown): void
  open (socket: UwsSocket): void
  message (socket: UwsSocket, message: ArrayBuffer, isBinary: boolean): void
  drain (socket: UwsSocket): void
  close (socket: UwsSocket, code: number, message: ArrayBuffer): void
}
export interface UwsApp {
  ws (pattern: string, behaviour: UwsBehaviour): this
  get (pattern: string, handler: (response: UwsResponse, request: UwsRequest) => void): this
  listen (host: string, port: number, options: number, callback: (listenSocket: unknown) => void): this
}
export interface Uws {
  App (): UwsApp
  us_listen_socket_close (listenSocket: unknown): void
  us_socket_local_port (listenSocket: unknown): number
}

/** uSockets shares a port between processes unless told otherwise. */
export const LISTEN_EXCLUSIVE_PORT = 1

/**
 * Loads uWebSockets.js: the official build if the operator installed it, else the republished
 * binary. That package's own entry falls back to a shim without a word, so its binary is loaded
 * by path.
 * @throws Error when there is no binary for this Node.js and platform
 */
export function loadUws (): Uws {
  const official = resolve('uWebSockets.js')
  if (official !== undefined) return require(official) as Uws
  const entry = resolve('uws/package.json')
  if (entry === undefined) throw new Error('the package is not installed')
  const binary = join(dirname(entry), 'binaries', `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`)
  if (!existsSync(binary)) throw new Error(`it has none for ${process.platform} ${process.arch} and Node.js ${process.versions.node}`)
  return require(binary) as Uws
}

function resolve (name: string): string | undefined {
  try {
    return require.resolve(name)
  } catch {
    return undefined
  }
}
