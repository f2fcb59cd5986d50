export interface UploadedFile { readonly name: string, readonly type: string, readonly bytes: Buffer }

/**
 * The fields of a `multipart/form-data` body (RFC 7578), strictly: texts, and files as
 * `UploadedFile`.
 * @throws Error where a lenient server would guess
 */
export function parseMultipart (body: Buffer, contentType: string): Record<string, string | UploadedFile> {
  const boundary = /^multipart\/form-data; boundary=([\w'()+,./:=?-]{1,70})$/.exec(contentType)?.[1]
  if (boundary === undefined) throw new Error(`no boundary in "${contentType}"`)
  const fields: Record<string, string | UploadedFile> = {}
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  if (!body.subarray(0, delimiter.length - 2).equals(delimiter.subarray(2))) throw new Error('it does not begin with the boundary')
  let at = delimiter.length - 2
  while (body.toString('latin1', at, at + 2) === '\r\n') {
    const headersEnd = body.indexOf('\r\n\r\n', at)
    const end = body.indexOf(delimiter, headersEnd + 2)
    if (headersEnd < 0 || end < 0) throw new Error('a part has no end')
    const { name, fileName, type } = readHeaders(body.toString('latin1', at + 2, headersEnd))
    // A list is a field that comes for each of its values.
    if (name in fields && !name.endsWith('[]')) throw new Error(`"${name}" comes twice`)
    const bytes = body.subarray(headersEnd + 4, end)
    fields[name] = fileName === undefined ? bytes.toString() : { name: fileName, type, bytes }
    at = end + delimiter.length
  }
  if (body.toString('latin1', at) !== '--\r\n') throw new Error('it does not end with the closing boundary')
  return fields
}

function readHeaders (text: string): { readonly name: string, readonly fileName: string | undefined, readonly type: string } {
  const headers = new Map(text.split('\r\n').map(line => {
    const [, name, value] = /^([\w-]+): (.+)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`"${line}" is no header`)
    return [name.toLowerCase(), value]
  }))
  const disposition = /^form-data; name="([^"]+)"(?:; filename="([^"]+)")?$/.exec(headers.get('content-disposition') ?? '')
  if (disposition === null) throw new Error('a part without a name')
  return { name: disposition[1]!, fileName: disposition[2], type: headers.get('content-type') ?? 'text/plain' }
}
