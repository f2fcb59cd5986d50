import type { UpgradeRequest } from './transport.js'

/** A device as it introduces itself. Nothing of it is true yet. */
export interface Applicant {
  /** In lower case; empty where it states none. */
  readonly deviceId: string
  /** As it came: tokens are signed over it. */
  readonly statedId: string
  readonly clientId: string
  /** Undefined where it brings none; what it brings may be no token at all. */
  readonly token: string | undefined
}

/** Far beyond what firmware sends: a MAC address and a UUID. */
const MAX_ID_CHARACTERS = 128
const MAX_TOKEN_CHARACTERS = 1024
/** Printable ASCII without the space, as a header and a log can hold it. */
const ID = /^[\x21-\x7e]*$/

/** Reads headers, and the query only where no header names the device: a browser cannot set any. */
export function readApplicant ({ query, header }: Pick<UpgradeRequest, 'query' | 'header'>): Applicant {
  const hasHeaders = header('device-id') !== ''
  const parameters = hasHeaders ? undefined : new URLSearchParams(query)
  const read = (name: string): string => parameters?.get(name) ?? header(name)
  const statedId = read('device-id')
  const authorization = read('authorization').trim()
  const token = authorization.replace(/^Bearer(?: +|$)/i, '')
  return {
    deviceId: statedId.toLowerCase(),
    statedId,
    clientId: read('client-id'),
    token: token === '' ? undefined : token
  }
}

/** Is it short and plain enough to be looked up, kept and logged? */
export function isWellFormed ({ deviceId, clientId, token }: Applicant): boolean {
  const ids = [deviceId, clientId]
  return ids.every(id => id.length <= MAX_ID_CHARACTERS && ID.test(id)) && (token?.length ?? 0) <= MAX_TOKEN_CHARACTERS
}
