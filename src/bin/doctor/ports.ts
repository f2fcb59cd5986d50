import { createServer } from 'node:net'
import type { Config } from '../../core/config-schema.js'
import { fail, ok, warn, type Finding } from './finding.js'

export interface PortSetting { readonly name: 'gateway' | 'http', readonly host: string, readonly port: number }

/** Can each configured port be listened on? Tried out, and let go at once. */
export async function checkPorts (config: Config): Promise<Finding[]> {
  const { gateway, http } = config
  if (gateway.port === http.port && gateway.port !== 0) {
    return [fail('ports', `gateway.port and http.port are both ${http.port}`, 'give them different ports')]
  }
  return Promise.all(([['gateway', gateway], ['http', http]] as const).map(async ([name, { host, port }]) => {
    return judgePort({ name, host, port }, await tryPort(host, port))
  }))
}

/** @param problem code of the error of listen(), or nothing */
export function judgePort ({ name, host, port }: PortSetting, problem: string | undefined): Finding {
  const title = `${name} port`
  const place = `${host}:${port}`
  switch (problem) {
    case undefined: return ok(title, port === 0 ? 'any free one' : `${place} is free`)
    case 'EADDRINUSE':
      return warn(title, `${place} is taken: a running Chorus, or another program`, `to start one more, stop it (ss -ltnp shows it) or set ${name}.port`)
    case 'EACCES': return fail(title, `${place} is not allowed for this user`, `set ${name}.port to one above 1023`)
    case 'EADDRNOTAVAIL': return fail(title, `${host} is no address of this machine`, `set ${name}.host, 0.0.0.0 for all addresses`)
    default: return fail(title, `${place}: ${problem}`, `check ${name}.host and ${name}.port`)
  }
}

function tryPort (host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => { resolve(error.code ?? error.message) })
    server.listen({ host, port, exclusive: true }, () => { server.close(() => { resolve(undefined) }) })
  })
}
