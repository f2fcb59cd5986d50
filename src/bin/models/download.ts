import { createHash, type Hash } from 'node:crypto'
import { createReadStream, readFileSync, statSync, writeFileSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { EnvHttpProxyAgent, errors, fetch, type Response } from 'undici'
import { ChorusError, describeError } from '../../core/errors.js'
import { isDiskFull } from './disk-space.js'
import type { FileFacts } from './unpack.js'

/** A file as it is asked for; what is left out is not known. */
export interface Wanted { readonly file: string, readonly bytes?: number | undefined, readonly sha256?: string | undefined }

export interface DownloadOptions {
  readonly wanted: Wanted
  /** Asked one after another. */
  readonly urls: readonly string[]
  /** Grows while the download runs and stays when it breaks; `<path>.json` says whose it is. */
  readonly path: string
  readonly signal: AbortSignal
  /** config.models */
  readonly limits: { readonly silenceTimeoutMs: number, readonly resumes: number }
  readonly onProgress: (bytes: number, total: number | undefined) => void
  readonly onTrouble: (text: string) => void
}

/** The connection or the mirror failed; another try or another mirror may not. */
class MirrorError extends Error {
  /** Is it worth going on at the same mirror? */
  readonly isCut: boolean
  constructor (message: string, isCut = false, options?: ErrorOptions) {
    super(message, options)
    this.isCut = isCut
  }
}

/** Whose bytes the unfinished file holds: only those of the same version may be gone on with. */
interface Origin { readonly url: string, readonly validator: string | undefined }

/**
 * Fetches a file from the first mirror that has it, and goes on where an earlier try ended. Size
 * and sha256 are right afterwards, as far as they are known.
 * @throws CHORUS_MODEL_UNREACHABLE, CHORUS_MODEL_DISK_FULL
 */
export async function download (options: DownloadOptions): Promise<FileFacts & { readonly url: string }> {
  const { wanted, urls, path, signal } = options
  const { silenceTimeoutMs: silence } = options.limits
  // Proxies as the environment names them, like every other downloader does.
  const agent = new EnvHttpProxyAgent({ headersTimeout: silence, bodyTimeout: silence, connectTimeout: silence })
  const troubles: string[] = []
  try {
    for (const url of urls) {
      try {
        return { ...await fromMirror(url, options, agent), url }
      } catch (error) {
        if (signal.aborted || !(error instanceof MirrorError)) throw error
        troubles.push(`${url}: ${error.message}`)
        options.onTrouble(troubles.at(-1)!)
      }
    }
  } catch (error) {
    if (isDiskFull(error)) throw new ChorusError('CHORUS_MODEL_DISK_FULL', [wanted.file, path, 'the disk is full. What came is kept: free some space and run the same command again'], { cause: error })
    if (!signal.aborted) throw error
    troubles.push(describeError(signal.reason))
  } finally {
    await agent.destroy()
  }
  throw new ChorusError('CHORUS_MODEL_UNREACHABLE', [wanted.file, troubles.join('; '), keptOf(path, wanted)])
}

/** Tries one mirror until it gives the file, refuses, or has been cut too often. */
async function fromMirror (url: string, options: DownloadOptions, agent: EnvHttpProxyAgent): Promise<FileFacts> {
  const { path, wanted, limits, onTrouble } = options
  for (let cuts = 0, isSecond = false; ;) {
    const before = sizeOf(path)
    try {
      const facts = await receive(url, options, agent)
      const fault = faultOf(facts, wanted)
      if (fault === undefined) return facts
      await forget(path)
      // The wrong bytes may be those of an earlier try; once, all are asked for again.
      if (before === 0 || isSecond) throw new MirrorError(`${fault}. It was removed`)
      isSecond = true
      onTrouble(`${url}: ${fault}; from the beginning again`)
    } catch (error) {
      if (!(error instanceof MirrorError) || !error.isCut || cuts++ >= limits.resumes || options.signal.aborted) throw error
      onTrouble(`${url}: ${error.message}; going on after ${sizeOf(path)} bytes`)
    }
  }
}

async function receive (url: string, options: DownloadOptions, agent: EnvHttpProxyAgent): Promise<FileFacts> {
  const { path, wanted } = options
  if (!isWorthKeeping(path, url, wanted)) await forget(path)
  const have = sizeOf(path)
  const hash = createHash('sha256')
  if (have > 0) await hashFile(path, hash)
  if (have > 0 && have === wanted.bytes) return { bytes: have, sha256: hash.digest('hex') }
  const response = await ask(url, options, agent, have)
  const start = await startOf(response, have, wanted)
  if (start === 'gone') {
    await forget(path)
    return await receive(url, options, agent)
  }
  const total = start + (lengthOf(response) ?? NaN)
  rememberOrigin(path, { url, validator: validatorOf(response) })
  const running = start === 0 ? createHash('sha256') : hash
  return await writeBody(response, options, running, start, Number.isNaN(total) ? wanted.bytes : total)
}

async function ask (url: string, { path, signal }: DownloadOptions, agent: EnvHttpProxyAgent, have: number): Promise<Response> {
  // A size in transit that differs from the file's would make ranges meaningless.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' }
  if (have > 0) {
    headers['range'] = `bytes=${have}-`
    const origin = readOrigin(path)
    if (origin?.url === url && origin.validator !== undefined) headers['if-range'] = origin.validator
  }
  try {
    return await fetch(url, { headers, signal, dispatcher: agent })
  } catch (error) {
    signal.throwIfAborted()
    throw new MirrorError(`it cannot be reached: ${describeError(error)}`, false, { cause: error })
  }
}

/** Where in the file the answer begins; `gone` where there is no rest without the beginning. */
async function startOf (response: Response, have: number, { bytes }: Wanted): Promise<number | 'gone'> {
  const refuse = async (message: string): Promise<never> => {
    await response.body?.cancel().catch(() => {}) // the connection is given up anyway
    throw new MirrorError(message)
  }
  if (response.status === 416 && have > 0) {
    await response.body?.cancel().catch(() => {}) // as above
    return 'gone'
  }
  if (response.status !== 200 && response.status !== 206) return await refuse(`it answered with status ${response.status}`)
  const start = response.status === 200 ? 0 : rangeStart(response)
  if (start === undefined || (start !== have && start !== 0)) return await refuse('it answered with another range than the one asked for')
  const length = lengthOf(response)
  if (bytes !== undefined && length !== undefined && start + length !== bytes) return await refuse(`it has ${start + length} bytes, not ${bytes}: that is another file`)
  return start
}

async function writeBody (
  response: Response, { path, wanted, onProgress, signal }: DownloadOptions, hash: Hash, start: number, total: number | undefined
): Promise<FileFacts> {
  const file = await open(path, start > 0 ? 'a' : 'w')
  let bytes = start
  try {
    for await (const chunk of chunksOf(response, signal)) {
      bytes += chunk.length
      if (wanted.bytes !== undefined && bytes > wanted.bytes) throw new MirrorError(`it sends more than ${wanted.bytes} bytes: that is another file`)
      await file.writeFile(chunk)
      hash.update(chunk)
      onProgress(bytes, total)
    }
  } finally {
    await file.close()
  }
  if (total !== undefined && bytes < total) throw new MirrorError(`it ended after ${bytes} of ${total} bytes`, true)
  return { bytes, sha256: hash.digest('hex') }
}

async function * chunksOf (response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body ?? []) yield chunk as Uint8Array
  } catch (error) {
    signal.throwIfAborted()
    if (isSilence(error)) throw new MirrorError('it fell silent', false, { cause: error })
    throw new MirrorError(`the connection broke: ${describeError(error)}`, true, { cause: error })
  }
}

function isSilence (error: unknown): boolean {
  return error instanceof Error && error.cause instanceof errors.BodyTimeoutError
}

/** What is wrong with a file; nothing if it is the one that is wanted. */
export function faultOf (found: FileFacts, { bytes, sha256 }: Pick<Wanted, 'bytes' | 'sha256'>): string | undefined {
  if (bytes !== undefined && found.bytes !== bytes) return `it has ${found.bytes} bytes, not ${bytes}`
  if (sha256 !== undefined && found.sha256 !== sha256) return `it has sha256 ${found.sha256}, not ${sha256}`
  return undefined
}

// With a sha256 any bytes may be gone on with: mixed ones are noticed in the end.
function isWorthKeeping (path: string, url: string, { bytes, sha256 }: Wanted): boolean {
  if (bytes !== undefined && sizeOf(path) > bytes) return false
  if (sha256 !== undefined) return true
  const origin = readOrigin(path)
  return origin?.url === url && origin.validator !== undefined
}

function rangeStart (response: Response): number | undefined {
  const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]
  return start === undefined ? undefined : Number(start)
}

function lengthOf (response: Response): number | undefined {
  const length = response.headers.get('content-length')
  return length === null ? undefined : Number(length)
}

// If-Range takes no weak ones (RFC 9110, 13.1.5).
function validatorOf ({ headers }: Response): string | undefined {
  const tag = headers.get('etag')
  return tag !== null && !tag.startsWith('W/') ? tag : headers.get('last-modified') ?? undefined
}

function readOrigin (path: string): Origin | undefined {
  try {
    const value = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as Partial<Origin>
    return typeof value.url === 'string' ? { url: value.url, validator: typeof value.validator === 'string' ? value.validator : undefined } : undefined
  } catch {
    return undefined // it is not there, or was cut: then the bytes are nobody's
  }
}

function rememberOrigin (path: string, origin: Origin): void { writeFileSync(`${path}.json`, JSON.stringify(origin)) }

/** Removes an unfinished download. */
export async function forget (path: string): Promise<void> {
  await Promise.all([rm(path, { force: true }), rm(`${path}.json`, { force: true })])
}

async function hashFile (path: string, hash: Hash): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
}

function keptOf (path: string, { bytes }: Wanted): string {
  const have = sizeOf(path)
  return have === 0 ? 'Nothing was kept' : `${have}${bytes === undefined ? '' : ` of ${bytes}`} bytes are kept: run the same command again to go on`
}

function sizeOf (path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
