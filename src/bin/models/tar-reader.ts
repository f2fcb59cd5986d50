// A tar is a header of 512 bytes for each entry, then its bytes, filled up to 512. Names that do
// not fit into the header come in an entry of their own before it (pax "x", GNU "L").

const BLOCK = 512

export interface TarEntry {
  /** As it is written there: nothing about it is to be trusted. */
  readonly path: string
  readonly kind: 'file' | 'folder' | 'other'
  readonly bytes: number
  /** Its content, in pieces that are valid until the next one; what is not read is skipped. */
  readonly content: Iterable<Uint8Array>
}

/** Not a tar, or a damaged one. */
export class TarError extends Error {
  override readonly name = 'TarError'
}

/**
 * The entries of a tar. Nothing is written; links and devices are named and have no content.
 * @throws TarError
 */
export function * readTar (chunks: Iterable<Uint8Array>): Generator<TarEntry> {
  const source = new Source(chunks)
  try {
    yield * readEntries(source)
  } finally {
    source.close()
  }
}

function * readEntries (source: Source): Generator<TarEntry> {
  let longPath: string | undefined
  for (;;) {
    const header = source.take(BLOCK)
    if (header === undefined || header.every(byte => byte === 0)) {
      source.drain() // the packed data behind it is checked to its end
      return
    }
    const { type, bytes, path } = readHeader(header)
    if (type === 'x' || type === 'L') {
      const text = source.takeName(bytes)
      longPath = type === 'L' ? text.toString('utf8').replace(/\0.*$/s, '') : paxPath(text) ?? longPath
    } else if (type === 'g' || type === 'K') {
      source.takeName(bytes)
    } else {
      const content = source.span(bytes)
      yield { path: longPath ?? path, kind: kindOf(type), bytes, content }
      longPath = undefined
      content.skip()
    }
    source.skip((BLOCK - bytes % BLOCK) % BLOCK)
  }
}

function kindOf (type: string): TarEntry['kind'] {
  if (type === '0' || type === '\0' || type === '7') return 'file'
  return type === '5' ? 'folder' : 'other'
}

function readHeader (header: Buffer): { type: string, bytes: number, path: string } {
  let sum = 0
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 0x20 : header[at]!
  if (sum !== parseInt(header.toString('latin1', 148, 156).trim(), 8)) throw new TarError('a header is damaged')
  const bytes = Number.parseInt(header.toString('latin1', 124, 136), 8)
  if (!(bytes >= 0)) throw new TarError('an entry has no size that can be read')
  const isUstar = header.toString('latin1', 257, 262) === 'ustar'
  const prefix = isUstar && header[262] === 0 ? textAt(header, 345, 500) : ''
  const name = textAt(header, 0, 100)
  const type = header.toString('latin1', 156, 157)
  // A link has no content, whatever its header says.
  return { type, bytes: /[1-6]/.test(type) ? 0 : bytes, path: prefix === '' ? name : `${prefix}/${name}` }
}

/** "30 path=some/long/name\n": length, key, value. */
function paxPath (text: Buffer): string | undefined {
  for (let at = 0; at < text.length;) {
    const space = text.indexOf(0x20, at)
    const length = Number(text.toString('latin1', at, space))
    if (space < 0 || !(length > space - at)) throw new TarError('a long name is damaged')
    const field = text.toString('utf8', space + 1, at + length - 1)
    if (field.startsWith('path=')) return field.slice('path='.length)
    if (field.startsWith('size=')) throw new TarError('an entry is larger than 8 GB')
    at += length
  }
  return undefined
}

function textAt (header: Buffer, start: number, end: number): string {
  const stop = header.indexOf(0, start)
  return header.toString('utf8', start, stop < 0 || stop > end ? end : stop)
}

/** Longest name in an entry of its own; a path is far shorter. */
const MAX_NAME_BYTES = 1 << 16

class Source {
  readonly #chunks: Iterator<Uint8Array>
  #chunk = new Uint8Array(0)
  #at = 0

  constructor (chunks: Iterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.iterator]()
  }

  /** Exactly so many bytes; nothing where the data ends before the first. */
  take (bytes: number): Buffer | undefined {
    const taken = Buffer.alloc(bytes)
    let filled = 0
    while (filled < bytes) {
      const piece = this.some(bytes - filled)
      if (piece === undefined) {
        if (filled === 0) return undefined
        throw new TarError('it ends too early')
      }
      taken.set(piece, filled)
      filled += piece.length
    }
    return taken
  }

  takeName (bytes: number): Buffer {
    if (bytes > MAX_NAME_BYTES) throw new TarError('a name is too long')
    const taken = this.take(bytes)
    if (taken === undefined) throw new TarError('it ends too early')
    return taken
  }

  /** At most so many bytes, and at least one. */
  some (most: number): Uint8Array | undefined {
    while (this.#at >= this.#chunk.length) {
      const next = this.#chunks.next()
      if (next.done === true) return undefined
      this.#chunk = next.value as Uint8Array<ArrayBuffer>
      this.#at = 0
    }
    const piece = this.#chunk.subarray(this.#at, this.#at + most)
    this.#at += piece.length
    return piece
  }

  skip (bytes: number): void {
    for (let left = bytes; left > 0;) {
      const piece = this.some(left)
      if (piece === undefined) throw new TarError('it ends too early')
      left -= piece.length
    }
  }

  close (): void { this.#chunks.return?.() }

  drain (): void {
    while (this.some(Infinity) !== undefined);
  }

  span (bytes: number): Iterable<Uint8Array> & { skip (): void } {
    let left = bytes
    const next = (): IteratorResult<Uint8Array> => {
      if (left === 0) return { done: true, value: undefined }
      const value = this.some(left)
      if (value === undefined) throw new TarError('it ends too early')
      left -= value.length
      return { done: false, value }
    }
    return { [Symbol.iterator]: () => ({ next }), skip: () => { this.skip(left); left = 0 } }
  }
}
