import { createWriteStream, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { EnvHttpProxyAgent, fetch, type Response } from 'undici'
import { describeError } from '../../core/errors.js'
import type { ArchiveModel } from './catalogue.js'
import { InstallError } from './install-error.js'

export interface DownloadOptions {
  readonly url: string
  readonly expected: Pick<ArchiveModel, 'bytes'>
  /** Grows while the download runs and stays when it breaks. */
  readonly path: string
  readonly signal: AbortSignal
  readonly onProgress: (bytes: number) => void
}

/** A connection that says nothing for this long is given up; what came is kept. */
const SILENCE_TIMEOUT_MS = 30_000

/**
 * Fetches `url` into `path`, from where an earlier try ended if the server can. The size is right
 * afterwards; the content is for the caller to check.
 * @throws InstallError
 */
export async function download (options: DownloadOptions): Promise<void> {
  const { path, expected } = options
  if (sizeOf(path) > expected.bytes) await rm(path)
  if (sizeOf(path) === expected.bytes) return
  // Proxies as the environment names them, like every other downloader does.
  const agent = new EnvHttpProxyAgent({ headersTimeout: SILENCE_TIMEOUT_MS, bodyTimeout: SILENCE_TIMEOUT_MS })
  try {
    await receive(options, agent)
  } catch (error) {
    if (error instanceof InstallError) throw error
    throw new InstallError(`the download broke: ${describeError(error)}. ${keptOf(path, expected.bytes)}`, { cause: error })
  } finally {
    await agent.destroy()
  }
  const size = sizeOf(path)
  if (size === expected.bytes) return
  if (size < expected.bytes) throw new InstallError(`the download ended early. ${keptOf(path, expected.bytes)}`)
  await rm(path)
  throw new InstallError(`${options.url} has ${size} bytes, not ${expected.bytes}: it is another file`)
}

async function receive ({ url, path, expected, signal, onProgress }: DownloadOptions, agent: EnvHttpProxyAgent): Promise<void> {
  const have = sizeOf(path)
  // A size in transit that differs from the file's would make ranges meaningless.
  const headers = { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${have}-` } : {}) }
  const response = await fetch(url, { headers, signal, dispatcher: agent })
  const from = startOf(response, have)
  if (from === undefined || response.body === null) throw new InstallError(`${url} answered with status ${response.status}`)
  const total = from + Number(response.headers.get('content-length') ?? expected.bytes - from)
  if (total !== expected.bytes) throw new InstallError(`${url} has ${total} bytes, not ${expected.bytes}: it is another file`)
  let bytes = from
  await pipeline(response.body, async function * (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > expected.bytes) throw new InstallError(`${url} sends more than ${expected.bytes} bytes: it is another file`)
      onProgress(bytes)
      yield chunk
    }
  }, createWriteStream(path, { flags: from > 0 ? 'a' : 'w' }), { signal })
}

/** Where in the file the answer begins; undefined for an answer that is of no use. */
function startOf (response: Response, have: number): number | undefined {
  if (response.status === 200) return 0 // it does not know ranges: from the beginning
  const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]
  return response.status === 206 && Number(start) === have ? have : undefined
}

function keptOf (path: string, total: number): string {
  const have = sizeOf(path)
  return have === 0 ? 'Nothing was kept' : `${have} of ${total} bytes are kept: run the same command again to go on`
}

function sizeOf (path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
