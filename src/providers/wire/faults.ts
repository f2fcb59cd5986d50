import { ChorusError } from '../../core/errors.js'

const MAX_MESSAGE_LENGTH = 200

/** What goes wrong with a provider, in our words: in one line, and without its keys. */
export class Faults {
  /** `kind/vendor`, as in logs and errors: `tts/edge`. */
  readonly name: string
  readonly #secrets = new Set<string>()

  /** @param secrets what no message may quote; empty ones are left out */
  constructor (name: string, secrets: readonly string[] = []) {
    this.name = name
    for (const secret of secrets) this.hide(secret)
  }

  /** From now on no message quotes this either: a token that was got later, say. */
  hide (secret: string): void {
    if (secret !== '') this.#secrets.add(secret)
  }

  /** Any failure, once, as an error of ours. */
  fault (error: unknown): ChorusError {
    if (error instanceof ChorusError) return error
    if (error instanceof SyntaxError) return this.rubbish('broken JSON', error)
    return this.broken(rootMessage(error), error)
  }

  /** The connection ended, or there was none. */
  broken (what: string, cause?: unknown): ChorusError {
    return new ChorusError('CHORUS_PROVIDER_BROKEN', [this.name, this.oneLine(what)], cause === undefined ? undefined : { cause })
  }

  /** Something came that is not the protocol. */
  rubbish (what: string, cause?: unknown): ChorusError {
    return new ChorusError('CHORUS_PROVIDER_RUBBISH', [this.name, this.oneLine(what)], cause === undefined ? undefined : { cause })
  }

  /** @param status of HTTP, or the vendor's own code */
  refusal (status: number, message: string): ChorusError {
    return new ChorusError('CHORUS_PROVIDER_REFUSED', [this.name, status, this.oneLine(message)])
  }

  timeout (afterMs: number): ChorusError {
    return new ChorusError('CHORUS_PROVIDER_TIMEOUT', [this.name, afterMs])
  }

  oneLine (text: string): string {
    const line = [...this.#secrets].reduce((safe, secret) => safe.replaceAll(secret, '***'), text).replace(/\s+/g, ' ').trim()
    return line.length > MAX_MESSAGE_LENGTH ? `${line.slice(0, MAX_MESSAGE_LENGTH - 1)}…` : line
  }
}

/** "fetch failed" and "terminated" say nothing; what they wrap does. */
export function rootMessage (error: unknown): string {
  let root = error
  while (root instanceof Error && root.cause instanceof Error) root = root.cause
  if (root instanceof AggregateError && root.errors[0] instanceof Error) root = root.errors[0]
  return root instanceof Error ? root.message : String(root)
}
