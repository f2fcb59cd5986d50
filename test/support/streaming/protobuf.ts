// As much of the protobuf wire format as an ONNX file needs: varints, floats, and bytes with a
// length before them.

const VARINT = 0
const BYTES = 2
const FIXED32 = 5

/** One field of a message: its number and its encoded value. */
export type Field = Buffer

export function integerField (number: number, value: number): Field {
  return Buffer.concat([tag(number, VARINT), varint(value)])
}

export function floatField (number: number, value: number): Field {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return Buffer.concat([tag(number, FIXED32), bytes])
}

export function bytesField (number: number, value: Buffer): Field {
  return Buffer.concat([tag(number, BYTES), varint(value.length), value])
}

export function textField (number: number, value: string): Field { return bytesField(number, Buffer.from(value)) }

export function messageField (number: number, fields: readonly Field[]): Field {
  return bytesField(number, Buffer.concat(fields))
}

function tag (number: number, wireType: number): Buffer { return varint(number * 8 + wireType) }

// A negative number is sent as its 64-bit two's complement.
function varint (value: number): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}
