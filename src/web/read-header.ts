import type { IncomingMessage } from 'node:http'
import type { ReadHeader } from '../protocol/ota.js'

/** Headers by lower-cased name, empty where absent. */
export function readHeader (request: Pick<IncomingMessage, 'headers'>): ReadHeader {
  return name => [request.headers[name] ?? ''].flat()[0] ?? ''
}
