export interface DeviceUrl {
  readonly isSecure: boolean
  readonly host: string
  readonly port: number
  readonly path: string
}

/**
 * Reads a URL as naively as the firmware: the first `:` after the scheme begins the port, the first
 * `/` the path. IPv6 literals and user info do not work there, nor here.
 *
 * @throws Error when there is no scheme or no usable port.
 */
export function parseDeviceUrl (url: string): DeviceUrl {
  const schemeEnd = url.indexOf('://')
  if (schemeEnd < 0) throw new Error(`"${url}" is no URL: it has no scheme such as ws://`)
  const scheme = url.slice(0, schemeEnd).toLowerCase()
  const rest = url.slice(schemeEnd + 3)
  const isSecure = scheme === 'wss' || scheme === 'https'
  const pathAt = rest.indexOf('/')
  const authority = pathAt < 0 ? rest : rest.slice(0, pathAt)
  const portAt = authority.indexOf(':')
  const host = portAt < 0 ? authority : authority.slice(0, portAt)
  const port = portAt < 0 ? (isSecure ? 443 : 80) : Number(authority.slice(portAt + 1))
  if (host === '' || !Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`"${url}" has no usable host and port`)
  return { isSecure, host, port, path: pathAt < 0 ? '/' : rest.slice(pathAt) }
}
