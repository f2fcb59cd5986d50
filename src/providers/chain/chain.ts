import { withDeadlines } from '../../core/stream-deadline.js'
import { Breaker, type BreakerOptions } from './breaker.js'

interface Named {
  readonly name: string
  warm (): Promise<void>
  close (): Promise<void>
}

export interface ChainOptions extends BreakerOptions {
  /** Told when one failed and the next one is asked. */
  readonly onFallback: (failed: string, next: string, error: unknown) => void
}

export interface StreamPatience { readonly firstMs: number, readonly stallMs: number }

interface Member<Provider> { readonly provider: Provider, readonly breaker: Breaker }

/** Providers of one kind: each one is asked where those before it failed before they began. */
export class Chain<Provider extends Named> {
  readonly name: string
  readonly #members: ReadonlyArray<Member<Provider>>
  readonly #options: ChainOptions

  /** @param providers the first is the one that is wanted */
  constructor (providers: readonly [Provider, ...Provider[]], options: ChainOptions) {
    this.name = providers[0].name
    this.#options = options
    this.#members = providers.map(provider => ({ provider, breaker: new Breaker(options) }))
  }

  /**
   * What the first that can gives at once.
   * @throws what the last one throws; what the one that was asked throws once the signal is aborted
   */
  async ask<T> (ask: (provider: Provider) => Promise<T>, signal: AbortSignal): Promise<T> {
    const failure = new Failure(this.#options)
    for (const { provider, breaker } of this.#candidates()) {
      failure.tell(provider.name)
      try {
        const result = await ask(provider)
        breaker.succeeded()
        return result
      } catch (error) {
        if (signal.aborted) throw error
        breaker.failed()
        failure.set(provider.name, error)
      }
    }
    throw failure.error
  }

  /**
   * The stream of the first that begins; once `hasBegun` says so of an item, its failure is that of
   * the stream, since what was heard cannot be taken back.
   * @throws what the last one throws
   */
  async * stream<T> (
    open: (provider: Provider, signal: AbortSignal) => AsyncIterable<T>,
    hasBegun: (item: T) => boolean,
    signal: AbortSignal,
    patience: StreamPatience
  ): AsyncGenerator<T, void, void> {
    const failure = new Failure(this.#options)
    for (const { provider, breaker } of this.#candidates()) {
      failure.tell(provider.name)
      let isBegun = false
      try {
        for await (const item of withDeadlines(own => open(provider, own), { name: provider.name, signal, ...patience })) {
          isBegun ||= hasBegun(item)
          yield item
        }
        if (!signal.aborted) breaker.succeeded()
        return
      } catch (error) {
        if (signal.aborted) return
        breaker.failed()
        if (isBegun) throw error
        failure.set(provider.name, error)
      }
    }
    throw failure.error
  }

  async warm (): Promise<void> { await Promise.all(this.#members.map(({ provider }) => provider.warm())) }
  async close (): Promise<void> { await Promise.all(this.#members.map(({ provider }) => provider.close())) }

  /** Those that are not left alone; where all are, the last one must do. */
  * #candidates (): Generator<Member<Provider>, void, void> {
    let count = 0
    for (const member of this.#members) {
      if (!member.breaker.admit()) continue
      count++
      yield member
    }
    if (count === 0) yield this.#members.at(-1)!
  }
}

/** What went wrong last, told when it is known who is asked next. */
class Failure {
  readonly #options: ChainOptions
  #name = ''
  error: unknown

  constructor (options: ChainOptions) {
    this.#options = options
  }

  set (name: string, error: unknown): void {
    this.#name = name
    this.error = error
  }

  tell (next: string): void { if (this.#name !== '') this.#options.onFallback(this.#name, next, this.error) }
}
