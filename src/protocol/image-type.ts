const signatures: readonly { readonly type: string, readonly starts: readonly string[] }[] = [
  { type: 'image/jpeg', starts: ['\xff\xd8\xff'] },
  { type: 'image/png', starts: ['\x89PNG\r\n\x1a\n'] },
  { type: 'image/gif', starts: ['GIF87a', 'GIF89a'] },
  { type: 'image/bmp', starts: ['BM'] },
  { type: 'image/tiff', starts: ['II*\0', 'MM\0*'] }
]

/** Media type of a picture by its first bytes, whatever it is declared as; undefined for others. */
export function imageType (bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 12)).toString('latin1')
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'image/webp'
  return signatures.find(({ starts }) => starts.some(start => head.startsWith(start)))?.type
}
