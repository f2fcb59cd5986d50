import type { Random } from './random.js'

type Mutation = (random: Random, bytes: Buffer) => Buffer

/** Edges of the integers that lengths, counts and types are written as. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]

const mutations: readonly Mutation[] = [
  (random, bytes) => replaceAt(random, bytes, byte => byte ^ (1 << random.below(8))),
  (random, bytes) => replaceAt(random, bytes, () => random.below(256)),
  (random, bytes) => bytes.subarray(0, random.below(bytes.length + 1)),
  (random, bytes) => bytes.subarray(random.below(bytes.length + 1)),
  (random, bytes) => insertAt(random, bytes, random.bytes(random.between(1, 16))),
  (random, bytes) => insertAt(random, bytes, slice(random, bytes)), // what was there comes twice
  (random, bytes) => insertAt(random, bytes, Buffer.alloc(random.between(1, 300), random.pick([0, 0x20, 0x41, 0xff]))),
  (random, bytes) => cutOut(random, bytes),
  (random, bytes) => writeEdge(random, bytes)
]

/** One to four changes anywhere; `maxBytes` is the most that is returned. */
export function mutateBytes (random: Random, bytes: Uint8Array, maxBytes: number): Buffer {
  let mutated = Buffer.from(bytes)
  for (let count = random.between(1, 4); count > 0; count--) mutated = Buffer.from(random.pick(mutations)(random, mutated))
  return mutated.subarray(0, maxBytes)
}

function replaceAt (random: Random, bytes: Buffer, change: (byte: number) => number): Buffer {
  if (bytes.length === 0) return bytes
  const copy = Buffer.from(bytes)
  const at = random.below(copy.length)
  copy[at] = change(copy[at]!)
  return copy
}

function insertAt (random: Random, bytes: Buffer, more: Buffer): Buffer {
  const at = random.below(bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)])
}

function slice (random: Random, bytes: Buffer): Buffer {
  const from = random.below(bytes.length + 1)
  return bytes.subarray(from, from + random.below(64))
}

function cutOut (random: Random, bytes: Buffer): Buffer {
  const from = random.below(bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + random.between(1, 32))])
}

function writeEdge (random: Random, bytes: Buffer): Buffer {
  const width = random.pick([1, 2, 4])
  if (bytes.length < width) return bytes
  const copy = Buffer.from(bytes)
  const edge = random.pick(EDGES) % 2 ** (8 * width)
  const at = random.below(copy.length - width + 1)
  if (random.chance(0.5)) copy.writeUIntBE(edge, at, width)
  else copy.writeUIntLE(edge, at, width)
  return copy
}
