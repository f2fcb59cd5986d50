import type { DeviceRecord } from '../core/device-directory.js'
import { signToken, type TokenOwner } from '../protocol/token.js'

/** Makes the token that a device shows when it connects. */
export interface TokenIssuer {
  issue (owner: TokenOwner, record: DeviceRecord, nowMs: number): string
}

/** A bound device has a key of its own, the others share that of the server. */
export class KeyedTokens implements TokenIssuer {
  readonly #serverKey: string

  constructor (serverKey: string) {
    this.#serverKey = serverKey
  }

  issue (owner: TokenOwner, record: DeviceRecord, nowMs: number): string {
    return signToken(record.state === 'bound' ? record.key : this.#serverKey, owner, Math.floor(nowMs / 1000))
  }
}
