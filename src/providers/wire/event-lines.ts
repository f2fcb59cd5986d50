/** One event of a `text/event-stream`: `event` is empty where the server names none. */
export interface ServerEvent { readonly event: string, readonly data: string }

const MOST_LINE_CHARACTERS = 4_194_304

/**
 * Lines of a stream as they are complete, however the network cuts it, without their ends; the last
 * one also without an end.
 * @throws RangeError for a line of more than four million characters
 */
export async function * linesOf (body: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true })
    let from = 0
    for (let at = rest.indexOf('\n'); at >= 0; at = rest.indexOf('\n', from)) {
      yield withoutReturn(rest.slice(from, at))
      from = at + 1
    }
    rest = rest.slice(from)
    if (rest.length > MOST_LINE_CHARACTERS) throw new RangeError('a line without an end')
  }
  rest += decoder.decode()
  if (rest !== '') yield withoutReturn(rest)
}

/** Server-sent events (HTML Living Standard, 9.2.6), without ids and retry times. */
export async function * eventsOf (body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent, void, void> {
  let event = ''
  let data: string[] = []
  for await (const line of linesOf(body)) {
    if (line === '') {
      if (data.length > 0) yield { event, data: data.join('\n') }
      event = ''
      data = []
      continue
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
  }
  if (data.length > 0) yield { event, data: data.join('\n') }
}

function withoutReturn (line: string): string { return line.endsWith('\r') ? line.slice(0, -1) : line }
