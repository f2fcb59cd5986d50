import { randomUUID } from 'node:crypto'

export interface FormFile { readonly name: string, readonly contentType: string, readonly bytes: Uint8Array }

export interface Multipart { readonly contentType: string, readonly body: Uint8Array }

/**
 * A `multipart/form-data` body (RFC 7578), complete, so that its length is known and it can be sent
 * twice. The file comes last: a server that reads as it comes knows by then what to do with it.
 * @param fields names and values of our own, which need no escaping
 */
export function formatMultipart (fields: Readonly<Record<string, string>>, file: FormFile): Multipart {
  const boundary = `chorus-${randomUUID()}`
  const head = Object.entries(fields).map(([name, value]) => part(boundary, `name="${name}"`, '') + value + '\r\n').join('')
  const fileHead = part(boundary, `name="file"; filename="${file.name}"`, `Content-Type: ${file.contentType}\r\n`)
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([Buffer.from(head + fileHead), file.bytes, Buffer.from(`\r\n--${boundary}--\r\n`)])
  }
}

function part (boundary: string, what: string, headers: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; ${what}\r\n${headers}\r\n`
}
