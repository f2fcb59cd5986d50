import { format } from 'node:util'

interface ErrorFacts {
  /** May the same call succeed when it is made again? */
  readonly retry: boolean
  /** Does the session end with it? */
  readonly close: boolean
  /** A `util.format` text: what was wrong, where, what to do. */
  readonly text: string
}

/** Every error that Chorus raises. `docs/errors.md` explains each; a test binds the two. */
export const errorTable = {
  CHORUS_CONFIG_INVALID: { retry: false, close: false, text: '%s: %s is not valid here: expected %s' },
  CHORUS_CONFIG_UNKNOWN_KEY: { retry: false, close: false, text: '%s: unknown setting "%s"%s' },
  CHORUS_CONFIG_UNREADABLE: { retry: false, close: false, text: 'cannot read %s: %s' },
  CHORUS_PROVIDER_TIMEOUT: { retry: true, close: false, text: '%s gave no answer in %d ms' },
  CHORUS_PROVIDER_REFUSED: { retry: true, close: false, text: '%s answered with status %d: %s' },
  CHORUS_PROVIDER_RUBBISH: { retry: true, close: false, text: '%s sent something that is not its protocol: %s' },
  CHORUS_PROVIDER_BROKEN: { retry: true, close: false, text: 'the connection to %s broke: %s' },
  CHORUS_TTS_NO_VOICE: { retry: false, close: false, text: 'no installed voice speaks "%s": %s' }
} as const satisfies Record<string, ErrorFacts>

export type ErrorCode = keyof typeof errorTable
export type ErrorArgs = readonly (string | number)[]

/** What crosses a thread instead of an Error. */
export interface ErrorRecord { readonly code: ErrorCode, readonly args: ErrorArgs }

/** The one error class. `retry` and `close` are facts of the code, not of who catches it. */
export class ChorusError extends Error {
  override readonly name = 'ChorusError'
  readonly code: ErrorCode
  readonly args: ErrorArgs

  constructor (code: ErrorCode, args: ErrorArgs = [], options?: ErrorOptions) {
    super(format(errorTable[code].text, ...args), options)
    this.code = code
    this.args = args
  }

  get retry (): boolean { return errorTable[this.code].retry }
  get close (): boolean { return errorTable[this.code].close }

  toRecord (): ErrorRecord { return { code: this.code, args: this.args } }
}

/** Any thrown value as one line of text, causes included. */
export function describeError (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : ` (${describeError(error.cause)})`
  return `${error.message}${cause}`
}

/** The end of every `switch` over a union. */
export function assertNever (value: never): never {
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`)
}
