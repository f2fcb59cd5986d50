/** A message of the service: headers, and what follows them. */
export interface EdgeMessage { readonly headers: ReadonlyMap<string, string>, readonly body: Buffer }

const SEPARATOR = '\r\n\r\n'
const LENGTH_BYTES = 2

/**
 * A text message has its headers before an empty line; a binary one has their length before them,
 * in two bytes.
 * @throws Error for anything else
 */
export function parseEdgeMessage (message: string | Buffer): EdgeMessage {
  if (typeof message === 'string') {
    const end = message.indexOf(SEPARATOR)
    if (end < 0) throw new Error('a message without headers')
    return { headers: parseHeaders(message.slice(0, end)), body: Buffer.from(message.slice(end + SEPARATOR.length)) }
  }
  const end = message.length < LENGTH_BYTES ? Infinity : LENGTH_BYTES + message.readUInt16BE(0)
  if (end > message.length) throw new Error('a message shorter than its headers')
  return { headers: parseHeaders(message.toString('latin1', LENGTH_BYTES, end)), body: message.subarray(end) }
}

/** @param headers in the order in which they are sent */
export function edgeMessage (headers: Readonly<Record<string, string>>, body: string): string {
  return `${Object.entries(headers).map(([name, value]) => `${name}:${value}`).join('\r\n')}${SEPARATOR}${body}`
}

export interface Prosody { readonly voice: string, readonly ratePercent: number, readonly volumePercent: number, readonly pitchHz: number }

export function ssmlOf (text: string, { voice, ratePercent, volumePercent, pitchHz }: Prosody): string {
  const prosody = `pitch='${signed(pitchHz)}Hz' rate='${signed(ratePercent)}%' volume='${signed(volumePercent)}%'`
  return `<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='${escapeXml(localeOf(voice))}'>` +
    `<voice name='${escapeXml(voice)}'><prosody ${prosody}>${escapeXml(text)}</prosody></voice></speak>`
}

function parseHeaders (text: string): ReadonlyMap<string, string> {
  return new Map(text.split('\r\n').filter(line => line.includes(':')).map(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
  }))
}

function signed (value: number): string { return value < 0 ? String(value) : `+${value}` }

/** `zh-CN` of `zh-CN-XiaoxiaoNeural`. */
function localeOf (voice: string): string { return /^[a-z]{2,3}-[A-Z]{2}/.exec(voice)?.[0] ?? 'en-US' }

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\'': '&apos;', '"': '&quot;' }

/** Characters that XML cannot have are pauses of speech at most. */
function escapeXml (text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, ' ')
    .replace(/[&<>'"]/g, character => entities[character]!)
}
