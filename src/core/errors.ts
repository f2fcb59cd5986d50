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
  CHORUS_INFERENCE_BUSY: { retry: true, close: false, text: '%d jobs wait for an inference worker already; raise asr.inferenceQueue or add threads.inference' },
  CHORUS_ASR_BUSY: { retry: true, close: false, text: '%d utterances wait for the recognition service already; raise asr.service.maxConcurrent, if the service bears it' },
  CHORUS_INFERENCE_FAILED: { retry: false, close: false, text: 'the inference job "%s" failed: %s' },
  CHORUS_STREAMING_BUSY: { retry: true, close: false, text: 'the streaming recogniser could not keep up with an utterance; lower asr.streaming.maxStreams or use a smaller model' },
  CHORUS_STOPPING: { retry: true, close: true, text: 'the server is stopping' },
  CHORUS_WORKER_LOST: { retry: true, close: true, text: 'the %s worker ended unexpectedly: %s' },
  CHORUS_WORKER_SLOW_START: { retry: false, close: true, text: 'the %s worker was not ready after %d ms' },
  CHORUS_MODEL_MISSING: { retry: false, close: false, text: '%s is not there (%s): run "%s"' },
  CHORUS_MODEL_CORRUPT: { retry: false, close: false, text: '%s has sha256 %s, expected %s: run "%s"' },
  CHORUS_MODEL_UNSUITABLE: { retry: false, close: false, text: '%s is no streaming model that can be used: %s' },
  CHORUS_MODEL_UNUSABLE: { retry: false, close: false, text: 'the model %s does not work on this machine: a trial in a process of its own %s. Files: %s. Its last words: %s' },
  CHORUS_MODEL_LICENCE: { retry: false, close: false, text: '%s is under the licence "%s", which has conditions: read it at %s, then add --accept-licence' },
  CHORUS_MODEL_UNPINNED: { retry: false, close: false, text: 'nobody has told the sha256 of %s: give it with --sha256 HEX, or take the first copy on trust with --trust-first; later ones must then equal it' },
  CHORUS_MODEL_UNREACHABLE: { retry: true, close: false, text: '%s was not downloaded: %s. %s' },
  CHORUS_MODEL_WRONG_BYTES: { retry: false, close: false, text: '%s is not the file that was expected: %s' },
  CHORUS_MODEL_ARCHIVE_REFUSED: { retry: false, close: false, text: 'the archive of %s was refused: %s' },
  CHORUS_MODEL_BUSY: { retry: true, close: false, text: '%s is being installed by process %d of %s; if that is not so, remove %s' },
  CHORUS_MODEL_DISK_FULL: { retry: false, close: false, text: 'there is not enough space for %s in %s: %s' },
  CHORUS_DEVICE_MISSING: { retry: false, close: false, text: 'inference.device is "%s", and %s cannot use that here: %s. Set it to cpu, or see docs/models.md for what it needs' },
  CHORUS_PORT_TAKEN: { retry: false, close: false, text: 'cannot listen on %s:%d (%s): is another Chorus running? Stop it, or set %s to another port' },
  CHORUS_OTA_UNSTORABLE: { retry: false, close: false, text: 'what devices are told when they register would break them: %s. Shorten the settings gateway.public*, http.publicUrl, ota.activationMessage or mqtt.endpoint' },
  CHORUS_RINGS_TOO_LARGE: { retry: false, close: false, text: 'rings and slots need %d MB, more than 5 %% of this machine\'s %d MB: lower threads.maxSeats' },
  CHORUS_UWS_MISSING: { retry: false, close: false, text: 'no uWebSockets.js binary loads here: %s' },
  CHORUS_STORE_MISSING: { retry: false, close: false, text: 'no SQLite loads here (%s): run npm ci without leaving out the optional packages, or use Node.js 22.13 or newer' },
  CHORUS_STORE_UNUSABLE: { retry: false, close: false, text: 'the store %s cannot be used: %s' },
  CHORUS_RECORDING_FOLDER: { retry: false, close: false, text: 'recordings cannot be written to %s: %s. Set recording.folder, or leave out --record' },
  CHORUS_STORE_NEWER: { retry: false, close: false, text: 'the store %s was written by a newer version of Chorus (its schema is %d, and this one knows %d): update Chorus, or name another directory with --data' },
  CHORUS_STORE_FAILED: { retry: true, close: false, text: 'the store could not do "%s": %s' },
  CHORUS_STORE_TIMEOUT: { retry: true, close: false, text: 'the store did not do "%s" in %d ms' },
  CHORUS_STORE_FULL: { retry: true, close: false, text: 'the store has room for no more %s than %d; raise %s if they are all real' },
  CHORUS_CODE_UNKNOWN: { retry: false, close: false, text: 'no device shows the code %s: it may have been mistyped, or have expired' },
  CHORUS_CODE_GUESSES: { retry: true, close: false, text: 'too many wrong codes were tried; wait %d s' },
  CHORUS_DEVICE_UNKNOWN: { retry: false, close: false, text: 'no device has the id %s' },
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
