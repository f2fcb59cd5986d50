import { Scope } from '../../core/scope.js'
import type { SocketConnection } from './socket-connection.js'
import { unlessAborted } from './unless-aborted.js'

/** A connection for as long as it is held; unless it is kept, it is closed with the lease. */
export interface SocketLease extends AsyncDisposable {
  readonly socket: SocketConnection
  /** Was it open already? Then the vendor may have left it meanwhile. */
  readonly isReused: boolean
  /** All that was asked on it was answered: the next one may have it. */
  keep (): void
}

interface Member { readonly socket: SocketConnection, readonly scope: Scope, idleTimer: NodeJS.Timeout | undefined }

/** WebSockets to one vendor that serve one after the other. */
export class SocketPool {
  readonly #open: (signal: AbortSignal) => Promise<SocketConnection>
  readonly #idleMs: number
  readonly #scope = new Scope()
  readonly #idle: Member[] = []
  /** Of each connection. As children of the scope above they would all listen to one signal. */
  readonly #scopes = new Set<Scope>()
  #warming: Promise<void> | undefined

  /** @param idleMs how long one waits for its next use; 0: each serves once */
  constructor (open: (signal: AbortSignal) => Promise<SocketConnection>, idleMs: number) {
    this.#open = open
    this.#idleMs = idleMs
  }

  /**
   * One for whoever asks alone; an abort closes it at once.
   * @throws what opening throws; the signal's reason when that aborts
   */
  async take (signal: AbortSignal): Promise<SocketLease> {
    if (signal.aborted) throw signal.reason
    if (this.#warming !== undefined) await unlessAborted(this.#warming, signal)
    const waiting = this.#takeIdle()
    const member = waiting ?? await this.#make(signal)
    const onAbort = (): void => { void member.scope.close() }
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    let isKept = false
    return {
      socket: member.socket,
      isReused: waiting !== undefined,
      keep: () => { isKept = true },
      [Symbol.asyncDispose]: async () => {
        signal.removeEventListener('abort', onAbort)
        if (isKept) this.#putAside(member)
        else await member.scope.close()
      }
    }
  }

  /** Sees to it that one waits. Never throws. */
  async warm (): Promise<void> {
    if (this.#idleMs === 0 || this.#idle.some(isFit)) return
    this.#warming ??= this.#make(this.#scope.signal)
      .then(member => { this.#putAside(member) }, ignoreColdVendor)
      .finally(() => { this.#warming = undefined })
    await this.#warming
  }

  /** Ends those in use, too. */
  async close (): Promise<void> {
    await this.#scope.close()
    await Promise.all([...this.#scopes].map(scope => scope.close()))
  }

  /** The one that was used last is the least likely to have been left by the vendor. */
  #takeIdle (): Member | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      clearTimeout(idle.idleTimer)
      if (isFit(idle)) return idle
      void idle.scope.close()
    }
    return undefined
  }

  async #make (signal: AbortSignal): Promise<Member> {
    if (this.#scope.isClosed) throw this.#scope.signal.reason
    const scope = new Scope()
    this.#scopes.add(scope)
    scope.defer(() => { this.#scopes.delete(scope) })
    const onAbort = (): void => { void scope.close() }
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const member: Member = { scope, socket: await this.#open(scope.signal), idleTimer: undefined }
      scope.defer(() => { this.#forget(member) })
      return member
    } catch (error) {
      await scope.close()
      throw error
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  #putAside (member: Member): void {
    if (this.#idleMs === 0 || member.scope.isClosed || !member.socket.isOpen) {
      void member.scope.close()
      return
    }
    member.idleTimer = setTimeout(() => { void member.scope.close() }, this.#idleMs).unref()
    this.#idle.push(member)
  }

  #forget (member: Member): void {
    clearTimeout(member.idleTimer)
    const at = this.#idle.indexOf(member)
    if (at >= 0) this.#idle.splice(at, 1)
  }
}

/** What a vendor says unasked is that it goes. */
function isFit ({ socket }: Member): boolean { return socket.isOpen && !socket.hasMessage }

// Whoever needs a connection next opens it, and hears what is wrong.
function ignoreColdVendor (_error: unknown): void {}
