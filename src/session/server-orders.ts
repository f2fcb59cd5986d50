import { createHash, timingSafeEqual } from 'node:crypto'
import type { Log } from '../core/log.js'

/** What an operator's "server" message is answered; an empty message: nothing. */
export interface ServerAnswer { readonly isDone: boolean, readonly message: string }

/** Orders that come over a device socket, as the console of the replaced server gives them. */
export class ServerOrders {
  readonly #secret: string
  readonly #onRestart: () => void
  readonly #log: Log

  /** @param secret empty: nothing is obeyed, and nothing answered */
  constructor (secret: string, onRestart: () => void, log: Log) {
    this.#secret = secret
    this.#onRestart = onRestart
    this.#log = log
  }

  obey (action: string, secret: string): ServerAnswer {
    if (this.#secret === '') return { isDone: false, message: '' }
    if (!isSame(secret, this.#secret)) {
      this.#log.warn('refused a server message: its secret is wrong', { action })
      return { isDone: false, message: '服务器密钥验证失败' }
    }
    if (action === 'restart') {
      this.#onRestart()
      return { isDone: true, message: '服务器重启中...' }
    }
    this.#log.warn('cannot obey a server message', { action, advice: 'settings are read at the start: send "restart"' })
    return { isDone: false, message: action === 'update_config' ? '更新服务器配置失败' : `unknown action: ${action}` }
  }
}

/** In a time that does not depend on where they differ. */
function isSame (one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
