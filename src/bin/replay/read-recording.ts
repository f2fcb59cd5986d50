import { readFileSync } from 'node:fs'
import { END, MAGIC, RECORD_HEADER_BYTES, type RecordingHeader } from '../../../workers/voice/recording-format.js'
import { UsageError } from '../shared/usage-error.js'

/** One record of a recording (workers/voice/recording-format.ts). */
export interface RecordingEntry {
  readonly kind: number
  readonly extra: number
  /** Windows that were judged before it. */
  readonly windows: number
  readonly payload: Uint8Array
}

export interface Recording {
  readonly file: string
  readonly header: RecordingHeader
  readonly entries: readonly RecordingEntry[]
  /** Was the end written? Else the process died, and what was not written by then is missing. */
  readonly isWhole: boolean
}

/** @throws UsageError when there is no such file, or it is no recording of this version */
export function readRecording (file: string): Recording {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const headerAt = MAGIC.length + 4
  const headerBytes = bytes.length >= headerAt && bytes.toString('latin1', 0, MAGIC.length) === MAGIC ? bytes.readUInt32LE(MAGIC.length) : Infinity
  if (headerAt + headerBytes > bytes.length) throw new UsageError(`${file} is no recording: it does not begin with ${MAGIC} and a header`)
  const entries: RecordingEntry[] = []
  for (let at = headerAt + headerBytes; at + RECORD_HEADER_BYTES <= bytes.length;) {
    const length = bytes.readUInt32LE(at + 8)
    const from = at + RECORD_HEADER_BYTES
    if (from + length > bytes.length) break
    entries.push({
      kind: bytes.readUInt16LE(at), extra: bytes.readUInt16LE(at + 2), windows: bytes.readUInt32LE(at + 4),
      payload: Uint8Array.prototype.slice.call(bytes, from, from + length)
    })
    at = from + length
  }
  return { file, header: readHeader(file, bytes.toString('utf8', headerAt, headerAt + headerBytes)), entries, isWhole: entries.at(-1)?.kind === END }
}

function readHeader (file: string, text: string): RecordingHeader {
  let header: Partial<RecordingHeader> | null = null
  try {
    header = JSON.parse(text) as Partial<RecordingHeader> | null
  } catch {}
  if (typeof header?.hearing !== 'object') throw new UsageError(`${file} is damaged: its header does not tell the settings`)
  if (header.version !== 1) throw new UsageError(`${file} is of version ${String(header.version)}, and this build reads version 1`)
  return header as RecordingHeader
}
