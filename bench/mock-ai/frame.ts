const framed = new WeakMap<Uint8Array, Buffer>()

/**
 * A chunk as HTTP/1.1 puts it into a body of unknown length (RFC 9112, 7.1): its length in
 * hexadecimal, itself, and line ends. Bytes are sent again and again, so they are kept.
 */
export function frame (chunk: Uint8Array | string): Buffer | string {
  if (typeof chunk === 'string') return `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`
  const known = framed.get(chunk)
  if (known !== undefined) return known
  const fresh = Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')])
  framed.set(chunk, fresh)
  return fresh
}
