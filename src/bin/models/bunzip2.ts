import { BitReader } from './bit-reader.js'
import { Bzip2Error } from './bzip2-error.js'

//  .bz2   "BZh" level, then blocks, then an end; several of these may follow one another
//  block  48-bit magic, CRC of its bytes, randomised (1 bit), pointer (24), which symbols occur,
//         Huffman tables, which table each group of 50 symbols uses, the symbols
//  A block is, from the inside out: bytes; runs of 4 to 259 equal ones as 4 and a count; sorted by
//  what follows (Burrows-Wheeler); moved to front; runs of zeros as binary numbers; Huffman codes.
//
// Read here and not by the program bzip2, which slim containers and Windows do not have.

const BLOCK_MAGIC = 0x314159265359
const END_MAGIC = 0x177245385090
const GROUP_SYMBOLS = 50
const MAX_CODE_BITS = 20
const OUTPUT_BYTES = 1 << 18

interface Table { readonly limit: Int32Array, readonly base: Int32Array, readonly symbols: Uint16Array, readonly least: number }

/**
 * What is packed in the file, in pieces that are valid until the next one is asked for.
 * @throws Bzip2Error
 */
export function * bunzip2 (path: string): Generator<Uint8Array> {
  const bits = new BitReader(path)
  try {
    let streams = 0
    while (!bits.isAtEnd()) {
      yield * readStream(bits, streams === 0)
      streams++
    }
    if (streams === 0) throw new Bzip2Error('the file is empty')
  } finally {
    bits.close()
  }
}

function * readStream (bits: BitReader, isFirst: boolean): Generator<Uint8Array> {
  if (bits.read(24) !== 0x425a68) throw new Bzip2Error(isFirst ? 'it is no bzip2 file' : 'something else follows the packed data')
  const level = bits.read(8) - 0x30
  if (level < 1 || level > 9) throw new Bzip2Error('it is no bzip2 file')
  const block = new Block(level * 100_000)
  let combined = 0
  for (;;) {
    const magic = bits.read(24) * 0x1000000 + bits.read(24)
    const expected = bits.read32()
    if (magic === END_MAGIC) {
      if (expected !== combined) throw new Bzip2Error('its checksum is wrong')
      bits.alignToByte()
      return
    }
    if (magic !== BLOCK_MAGIC) throw new Bzip2Error('a block is damaged')
    block.read(bits)
    yield * block.unpack()
    if (block.crc !== expected) throw new Bzip2Error('the checksum of a block is wrong')
    combined = ((combined << 1 | combined >>> 31) ^ expected) >>> 0
  }
}

class Block {
  crc = 0
  readonly #links: Uint32Array
  readonly #output = new Uint8Array(OUTPUT_BYTES)
  #size = 0
  #start = 0

  constructor (capacity: number) {
    this.#links = new Uint32Array(capacity)
  }

  /** Reads one block up to the sorted bytes, and links each to the one that follows it. */
  read (bits: BitReader): void {
    if (bits.read(1) !== 0) throw new Bzip2Error('it is of a kind that bzip2 gave up in 1999')
    this.#start = bits.read(24)
    const front = readSymbols(bits)
    const tables = readTables(bits, front.length + 2)
    const counts = this.#readBytes(bits, front, tables)
    if (this.#start >= this.#size) throw new Bzip2Error('a block points outside itself')
    let sum = 0
    for (let byte = 0; byte < 256; byte++) {
      const count = counts[byte]!
      counts[byte] = sum
      sum += count
    }
    const links = this.#links
    for (let at = 0; at < this.#size; at++) {
      const byte = links[at]! & 0xff
      links[counts[byte]!]! |= at << 8
      counts[byte]!++
    }
  }

  * unpack (): Generator<Uint8Array> {
    const output = this.#output
    let crc = -1
    let filled = 0
    let equal = 0
    let last = -1
    let link = this.#links[this.#start]! >>> 8
    for (let left = this.#size; left > 0; left--) {
      const entry = this.#links[link]!
      const byte = entry & 0xff
      link = entry >>> 8
      let times = 1
      if (equal === 4) { // behind four equal bytes comes a count of further ones
        times = byte
        equal = 0
      } else {
        equal = byte === last ? equal + 1 : 1
        last = byte
      }
      for (; times > 0; times--) {
        output[filled++] = last
        crc = crc << 8 ^ CRC_TABLE[crc >>> 24 ^ last]!
        if (filled < OUTPUT_BYTES) continue
        yield output
        filled = 0
      }
    }
    this.crc = ~crc >>> 0
    if (filled > 0) yield output.subarray(0, filled)
  }

  #readBytes (bits: BitReader, front: Uint8Array, { tables, selectors }: Tables): Uint32Array {
    const counts = new Uint32Array(256)
    const links = this.#links
    const end = front.length + 1
    let size = 0
    let run = 0
    let runBit = 1
    let group = 0
    let left = 0
    let table = tables[0]!
    for (;;) {
      if (left === 0) {
        if (group >= selectors.length) throw new Bzip2Error('a block is damaged')
        table = tables[selectors[group++]!]!
        left = GROUP_SYMBOLS
      }
      left--
      const symbol = readSymbol(bits, table)
      if (symbol <= 1) { // a digit of a run's length, in base two with the digits 1 and 2
        if (runBit > links.length) throw new Bzip2Error('a run is too long')
        run += runBit << symbol
        runBit *= 2
        continue
      }
      if (run > 0) {
        if (size + run > links.length) throw new Bzip2Error('a block is too long')
        counts[front[0]!]! += run
        links.fill(front[0]!, size, size + run)
        size += run
        run = 0
        runBit = 1
      }
      if (symbol === end) break
      if (size >= links.length) throw new Bzip2Error('a block is too long')
      const byte = front[symbol - 1]!
      front.copyWithin(1, 0, symbol - 1)
      front[0] = byte
      counts[byte]!++
      links[size++] = byte
    }
    this.#size = size
    return counts
  }
}

interface Tables { readonly tables: readonly Table[], readonly selectors: Uint8Array }

/** The bytes that occur in the block, in order. */
function readSymbols (bits: BitReader): Uint8Array {
  const ranges = bits.read(16)
  const found: number[] = []
  for (let range = 0; range < 16; range++) {
    if ((ranges >> 15 - range & 1) === 0) continue
    const used = bits.read(16)
    for (let at = 0; at < 16; at++) if ((used >> 15 - at & 1) !== 0) found.push(range * 16 + at)
  }
  if (found.length === 0) throw new Bzip2Error('a block is damaged')
  return Uint8Array.from(found)
}

function readTables (bits: BitReader, symbols: number): Tables {
  const count = bits.read(3)
  const selectors = new Uint8Array(bits.read(15))
  if (count < 2 || count > 6 || selectors.length === 0) throw new Bzip2Error('a block is damaged')
  const order = Uint8Array.from({ length: count }, (_, index) => index)
  for (let at = 0; at < selectors.length; at++) {
    let place = 0
    while (bits.read(1) === 1) if (++place >= count) throw new Bzip2Error('a block is damaged')
    const table = order[place]!
    order.copyWithin(1, 0, place)
    order[0] = table
    selectors[at] = table
  }
  return { selectors, tables: Array.from({ length: count }, () => makeTable(readLengths(bits, symbols))) }
}

function readLengths (bits: BitReader, symbols: number): Uint8Array {
  const lengths = new Uint8Array(symbols)
  let length = bits.read(5)
  for (let symbol = 0; symbol < symbols; symbol++) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_BITS) throw new Bzip2Error('a block is damaged')
      if (bits.read(1) === 0) break
      length += bits.read(1) === 0 ? 1 : -1
    }
    lengths[symbol] = length
  }
  return lengths
}

/** Canonical codes: for each length the largest code, and what to take off to get its symbol. */
function makeTable (lengths: Uint8Array): Table {
  const symbols = new Uint16Array(lengths.length)
  const limit = new Int32Array(MAX_CODE_BITS + 2).fill(-1)
  const base = new Int32Array(MAX_CODE_BITS + 2)
  let at = 0
  let code = 0
  let least = MAX_CODE_BITS
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    base[length] = code - at
    const first = at
    for (let symbol = 0; symbol < lengths.length; symbol++) if (lengths[symbol] === length) symbols[at++] = symbol
    code += at - first
    if (at > first) {
      limit[length] = code - 1
      least = Math.min(least, length)
    }
    code <<= 1
  }
  return { limit, base, symbols, least }
}

function readSymbol (bits: BitReader, { limit, base, symbols, least }: Table): number {
  let length = least
  let code = bits.read(length)
  while (code > limit[length]!) {
    if (++length > MAX_CODE_BITS) throw new Bzip2Error('a block is damaged')
    code = code << 1 | bits.read(1)
  }
  const symbol = symbols[code - base[length]!]
  if (symbol === undefined) throw new Bzip2Error('a block is damaged')
  return symbol
}

// CRC-32 from the most significant bit on, unlike that of zip.
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? crc << 1 ^ 0x04c11db7 : crc << 1
  return crc
})
