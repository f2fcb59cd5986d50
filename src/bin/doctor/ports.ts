import { createSocket } from 'node:dgram'
import { createServer, isIPv6 } from 'node:net'
import type { Config } from '../../core/config-schema.js'
import { fail, ok, warn, type Finding } from './finding.js'

type PortName = 'gateway' | 'http' | 'mqtt' | 'udp'

export interface PortSetting { readonly name: PortName, readonly host: string, readonly port: number }

/** Settings that name a port and its address. */
const settings: Readonly<Record<PortName, { readonly host: string, readonly port: string }>> = {
  gateway: { host: 'gateway.host', port: 'gateway.port' },
  http: { host: 'http.host', port: 'http.port' },
  mqtt: { host: 'mqtt.host', port: 'mqtt.port' },
  udp: { host: 'mqtt.udpHost', port: 'mqtt.udpPort' }
}

/** Can each configured port be listened on? Tried out, and let go at once. */
export async function checkPorts (config: Config): Promise<Finding[]> {
  const ports = portsOf(config)
  const clash = findClash(ports)
  if (clash !== undefined) return [clash]
  return await Promise.all(ports.map(async setting => judgePort(setting, await (setting.name === 'udp' ? tryUdp(setting) : tryTcp(setting)))))
}

/** @param problem code of the error of listen(), or nothing */
export function judgePort ({ name, host, port }: PortSetting, problem: string | undefined): Finding {
  const title = name === 'udp' ? 'UDP port' : name === 'mqtt' ? 'MQTT port' : `${name} port`
  const place = `${host}:${port}`
  const setting = settings[name]
  switch (problem) {
    case undefined: return ok(title, port === 0 ? 'any free one' : `${place} is free`)
    case 'EADDRINUSE':
      return warn(title, `${place} is taken: a running Chorus, or another program`, `to start one more, stop it (ss -lntup shows it) or set ${setting.port}`)
    case 'EACCES': return fail(title, `${place} is not allowed for this user`, `set ${setting.port} to one above 1023`)
    case 'EADDRNOTAVAIL': return fail(title, `${host} is no address of this machine`, `set ${setting.host}, 0.0.0.0 for all addresses`)
    default: return fail(title, `${place}: ${problem}`, `check ${setting.host} and ${setting.port}`)
  }
}

function portsOf ({ gateway, http, mqtt }: Config): PortSetting[] {
  return [
    { name: 'gateway', host: gateway.host, port: gateway.port },
    { name: 'http', host: http.host, port: http.port },
    ...(mqtt.enabled && mqtt.broker === '' ? [{ name: 'mqtt', host: mqtt.host, port: mqtt.port } as const] : []),
    ...(mqtt.enabled ? [{ name: 'udp', host: mqtt.udpHost, port: mqtt.udpPort } as const] : [])
  ]
}

/** UDP has numbers of its own. */
function findClash (ports: readonly PortSetting[]): Finding | undefined {
  const tcp = ports.filter(({ name, port }) => name !== 'udp' && port !== 0)
  for (const [index, one] of tcp.entries()) {
    const other = tcp.slice(index + 1).find(({ port }) => port === one.port)
    if (other !== undefined) {
      return fail('ports', `${settings[one.name].port} and ${settings[other.name].port} are both ${one.port}`, 'give them different ports')
    }
  }
  return undefined
}

function tryTcp ({ host, port }: PortSetting): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => { resolve(error.code ?? error.message) })
    server.listen({ host, port, exclusive: true }, () => { server.close(() => { resolve(undefined) }) })
  })
}

function tryUdp ({ host, port }: PortSetting): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close()
      resolve(error.code ?? error.message)
    })
    socket.bind({ address: host, port, exclusive: true }, () => { socket.close(() => { resolve(undefined) }) })
  })
}
