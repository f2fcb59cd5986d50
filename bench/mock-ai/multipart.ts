import { ApiError } from './api-error.js'

export interface Part { readonly name: string, readonly filename: string | undefined, readonly data: Buffer }

const HEADERS_END = Buffer.from('\r\n\r\n')

/** The parts of a multipart/form-data body (RFC 7578). @throws ApiError 400 */
export function parseMultipart (body: Buffer, contentType: string): Part[] {
  if (!/^multipart\/form-data\b/i.test(contentType)) throw new ApiError(400, `a body of type "${contentType}" where multipart/form-data is expected`)
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  const mark = boundary?.[1] ?? boundary?.[2]
  if (mark === undefined) throw malformed('no boundary')
  const opening = Buffer.from(`--${mark}`)
  const delimiter = Buffer.from(`\r\n--${mark}`)
  if (!body.subarray(0, opening.length).equals(opening)) throw malformed('it does not begin with the boundary')
  const parts: Part[] = []
  for (let at = opening.length; ;) {
    if (body.toString('latin1', at, at + 2) === '--') return parts
    if (body.toString('latin1', at, at + 2) !== '\r\n') throw malformed('no line end behind a boundary')
    const end = body.indexOf(delimiter, at)
    if (end < 0) throw malformed('the last boundary is missing')
    parts.push(parsePart(body.subarray(at + 2, end)))
    at = end + delimiter.length
  }
}

function parsePart (part: Buffer): Part {
  const headersEnd = part.indexOf(HEADERS_END)
  if (headersEnd < 0) throw malformed('a part without headers')
  const headers = part.toString('utf8', 0, headersEnd)
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(headers)?.[1] ?? ''
  const name = /(?:^|;)\s*name="([^"]*)"/i.exec(disposition)?.[1]
  if (name === undefined) throw malformed('a part without a name')
  return { name, filename: /(?:^|;)\s*filename="([^"]*)"/i.exec(disposition)?.[1], data: part.subarray(headersEnd + HEADERS_END.length) }
}

function malformed (why: string): ApiError {
  return new ApiError(400, `Could not parse multipart form: ${why}`)
}
