/** How many samples each frame has. */
export const MP3_FRAME_SAMPLES = 576
export const MP3_FRAME_BYTES = 144

/**
 * A frame of MPEG-2 layer III, 48 kbit/s, mono, 24 kHz: silence, or one line of the spectrum
 * (of 576 from 0 to 12 kHz).
 */
export function mp3Frame (line?: number): Buffer {
  const bits: number[] = []
  const put = (value: number, count: number): void => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push(value >> bit & 1)
  }
  put(0, 9) // no data of frames before, a private bit
  if (line !== undefined) {
    put(line + 3, 12) // bits of the spectrum: see below
    put(line + 1, 9) // pairs of lines
    put(200, 8) // gain
    put(0, 10) // no scale factors, one long block
    for (let region = 0; region < 3; region++) put(1, 5) // Huffman table 1
    put(7, 4)
    put(7, 3)
    put(0, 2)
    for (let pair = 0; pair < line; pair++) put(1, 1) // 1: two zeros
    put(0b01, 2) // 01: one, zero
    put(0, 1) // and its sign
  }
  const frame = Buffer.alloc(MP3_FRAME_BYTES)
  frame.set([0xff, 0xf3, 0x64, 0xc0])
  for (const [at, bit] of bits.entries()) frame[4 + (at >> 3)]! |= bit << (7 - (at & 7))
  return frame
}

/** At least so many samples of a tone. */
export function mp3Of (samples: number): Buffer {
  return Buffer.concat(Array.from({ length: Math.ceil(samples / MP3_FRAME_SAMPLES) }, () => mp3Frame(10)))
}
