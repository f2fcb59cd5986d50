type Cleanup = () => void | Promise<void>

// One for all: each would hold a stack trace, and making that costs more than the abort itself.
const CLOSED = new DOMException('This operation was aborted', 'AbortError')

/**
 * Owns what was opened under it: sockets, timers, listeners, turns. Closing runs the clean-ups in
 * reverse order, once, and aborts `signal`; a closed parent closes its children.
 */
export class Scope implements AsyncDisposable {
  readonly #controller = new AbortController()
  readonly #cleanups: Cleanup[] = []
  readonly #parent: AbortSignal | undefined
  #closing: Promise<void> | undefined

  constructor (parent?: AbortSignal) {
    this.#parent = parent
    if (parent?.aborted === true) void this.ownerClosed()
    else parent?.addEventListener('abort', this.#onParentAbort, { once: true })
  }

  get signal (): AbortSignal { return this.#controller.signal }
  get isClosed (): boolean { return this.#closing !== undefined }

  /** Runs `cleanup` when the scope closes; at once if it is closed already. */
  defer (cleanup: Cleanup): void {
    if (this.isClosed) void Promise.resolve().then(cleanup).catch(ignoreCleanupError)
    else this.#cleanups.push(cleanup)
  }

  /** I decided. */
  close (): Promise<void> {
    this.#closing ??= this.#cleanUp()
    return this.#closing
  }

  /** My owner went. */
  ownerClosed (): Promise<void> { return this.close() }

  [Symbol.asyncDispose] (): Promise<void> { return this.close() }

  readonly #onParentAbort = (): void => { void this.ownerClosed() }

  async #cleanUp (): Promise<void> {
    this.#parent?.removeEventListener('abort', this.#onParentAbort)
    this.#controller.abort(CLOSED)
    for (let cleanup = this.#cleanups.pop(); cleanup !== undefined; cleanup = this.#cleanups.pop()) {
      try { await cleanup() } catch (error) { ignoreCleanupError(error) }
    }
  }
}

// A clean-up that fails must not keep the others from running; there is nobody left to tell.
function ignoreCleanupError (_error: unknown): void {}
