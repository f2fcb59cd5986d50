/** What a device tells about itself when it registers; absent where it did not say. */
export interface OtaRequest {
  readonly deviceId: string
  readonly clientId: string
  readonly language: string | undefined
  readonly version: string | undefined
}

/**
 * Reads a registration. The body may be broken (an SSID with a quote in it is enough): the headers
 * count then.
 * @param header by lower-cased name; an empty string where absent
 */
export function parseOtaRequest (header: (name: string) => string, body: string): OtaRequest {
  const about = parseObject(body)
  const application = about['application']
  const version = typeof application === 'object' && application !== null ? (application as Record<string, unknown>)['version'] : undefined
  const userAgent = /\/([0-9][0-9.]*)$/.exec(header('user-agent'))?.[1]
  return {
    deviceId: header('device-id') || textOf(about['mac_address']) || '',
    clientId: header('client-id') || textOf(about['uuid']) || '',
    language: header('accept-language') || textOf(about['language']),
    version: textOf(version) ?? userAgent
  }
}

export interface OtaAnswerOptions {
  readonly websocketUrl: string
  /** The device's own version: the same one back means that there is nothing newer. */
  readonly version: string | undefined
  readonly nowMs: number
  readonly timeZoneOffsetMinutes: number
}

/**
 * The answer, as JSON. The device stores each member of `websocket` for ever, so all three are
 * always sent; a version that does not begin each part with a digit would crash it.
 */
export function otaAnswer (options: OtaAnswerOptions): string {
  const { websocketUrl, version, nowMs, timeZoneOffsetMinutes } = options
  const isSafe = version !== undefined && /^\d{1,9}(\.\d{1,9}){0,7}$/.test(version)
  return JSON.stringify({
    server_time: { timestamp: nowMs, timezone_offset: timeZoneOffsetMinutes },
    ...(isSafe ? { firmware: { version, url: '' } } : {}),
    websocket: { url: websocketUrl, token: '', version: 1 }
  })
}

function parseObject (body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
  } catch {
    return {}
  }
}

function textOf (value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
