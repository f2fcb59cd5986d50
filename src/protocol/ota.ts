/** What a device tells about itself when it registers; absent where it did not say. */
export interface OtaRequest {
  /** Empty where the device has none that could be used. */
  readonly deviceId: string
  readonly clientId: string
  /** `Accept-Language` or a locale, as it came. */
  readonly language: string | undefined
  readonly version: string | undefined
  readonly board: string | undefined
  readonly serialNumber: string | undefined
}

/** By lower-cased name; an empty string where absent. */
export type ReadHeader = (name: string) => string

type Fields = Readonly<Record<string, unknown>>

const MAX_WORD_LENGTH = 64

const boardHeaders = ['device-model', 'device_model', 'model']
const versionHeaders = ['device-version', 'device_version', 'firmware-version', 'app-version', 'application-version']

/**
 * Reads a registration. The body may be broken (an SSID with a quote in it is enough): the headers
 * count then.
 */
export function parseOtaRequest (header: ReadHeader, body: string): OtaRequest {
  const about = parseObject(body)
  const [, userBoard, userVersion] = /^([^/]+)\/([0-9][0-9.]*)$/.exec(header('user-agent')) ?? []
  const headerOf = (names: readonly string[]): string => names.map(header).find(value => value !== '') ?? ''
  const deviceId = idOf(header('device-id')) || idOf(about['mac_address'])
  return {
    deviceId,
    clientId: idOf(header('client-id')) || idOf(about['uuid']) || deviceId,
    language: wordOf(header('accept-language')) ?? wordOf(about['language']),
    version: wordOf(headerOf(versionHeaders)) ?? wordOf(objectIn(about, 'application')['version']) ?? wordOf(userVersion),
    board: wordOf(headerOf(boardHeaders)) ?? wordOf(objectIn(about, 'board')['type']) ?? wordOf(about['model']) ?? wordOf(userBoard),
    serialNumber: wordOf(header('serial-number'))
  }
}

/** Any text as a JSON object; an empty one where it is none. */
export function parseObject (body: string): Fields {
  try {
    return objectOf(JSON.parse(body) as unknown)
  } catch {
    return {}
  }
}

function objectIn (fields: Fields, name: string): Fields { return objectOf(fields[name]) }

function objectOf (value: unknown): Fields {
  return typeof value === 'object' && value !== null ? value as Fields : {}
}

function wordOf (value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MAX_WORD_LENGTH ? value : undefined
}

// Both ids are signed with a bar between them, so neither may hold one.
function idOf (value: unknown): string {
  return typeof value === 'string' && /^[\w:.@-]{1,64}$/.test(value) ? value : ''
}
