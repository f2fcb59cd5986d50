import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { BurntIn, ServerKind, SpareServer, Target } from '../../../tools/conformance/target.js'
import { ServerProcess } from '../shared/server-process.js'
import { operatorOver, OPERATOR_SECRET } from './operator.js'
import { findFreePort } from './free-port.js'

interface Events { onProgress (text: string): void, onExit (reason: string): void }

/** What is the same for all servers of a run. */
export type Common = Pick<Target, 'token' | 'timers' | 'toleranceMs' | 'clips' | 'operator' | 'model'>

export interface OwnServersOptions {
  readonly settings: readonly string[]
  readonly common: Common
  readonly events: Events
  readonly signal: AbortSignal
}

const FIRMWARE_BYTES = 65_536
/** The first for most devices, the second for those that an operator has upgraded. */
const FIRMWARE = ['bread-compact-wifi_2.4.2', 'bread-compact-ml307_2.4.2', 'another-board_9.0.0'] as const
const BURNT_IN: BurntIn = { serialNumber: 'SN-0123456789abcdef0123456789abc', key: Buffer.from('00112233445566778899aabbccddeeff', 'hex') }

/** The same for all, so that a token of one is good at the other. */
const AUTH_KEY = 'key of the suite, which its servers share'

interface Started { readonly server: ServerProcess, readonly folder: string, readonly target: Target }

/** One server for most cases; each of the others is started when the first case wants it. */
export class OwnServers {
  readonly #options: OwnServersOptions
  readonly #started = new Map<ServerKind | 'usual', Promise<Started>>()

  constructor (options: OwnServersOptions) {
    this.#options = options
  }

  async get (kind: ServerKind | 'usual'): Promise<Target> {
    const started = this.#started.get(kind) ?? this.#start(kind)
    this.#started.set(kind, started)
    return (await started).target
  }

  async stop (): Promise<void> {
    await Promise.all([...this.#started.values()].map(async starting => {
      const started = await starting.catch(() => undefined)
      await started?.server.stop()
      if (started !== undefined) await rm(started.folder, { recursive: true, force: true })
    }))
  }

  async #start (kind: ServerKind | 'usual'): Promise<Started> {
    const { common } = this.#options
    const folder = await mkdtemp(path.join(tmpdir(), 'chorus-'))
    if (kind === 'coded') await furnish(folder)
    const server = await this.#startProcess([...await settingsOf(kind), '--http.operatorSecret', OPERATOR_SECRET], folder)
    const target: Target = {
      ...common,
      url: server.url,
      otaUrl: otaUrlOf(server),
      operator: common.operator ?? operatorOver({ httpUrl: server.httpUrl!, folder, firmware: FIRMWARE[1] }),
      authKey: AUTH_KEY,
      burntIn: kind === 'coded' ? BURNT_IN : undefined,
      isWhole: true,
      spare: settings => this.#startSpare(settings),
      other: other => this.get(other)
    }
    return { server, folder, target }
  }

  async #startSpare (settings: readonly string[]): Promise<SpareServer> {
    const server = await this.#startProcess(settings)
    return { url: server.url, otaUrl: otaUrlOf(server), stop: () => server.stop() }
  }

  #startProcess (further: readonly string[], data?: string): Promise<ServerProcess> {
    const { settings, events, signal } = this.#options
    return ServerProcess.start(events, { settings: ['--auth.key', AUTH_KEY, ...settings, ...further], data, signal })
  }
}

async function settingsOf (kind: ServerKind | 'usual'): Promise<string[]> {
  if (kind === 'usual') return []
  if (kind === 'unguarded') return ['--auth.mode', 'open']
  if (kind === 'coded') return ['--auth.admission', 'code', '--ota.firmwareScanMs', '0']
  // Devices are told the port before the server could choose one.
  const port = await findFreePort()
  return [
    '--mqtt.enabled', '--mqtt.host', '127.0.0.1', '--mqtt.port', String(port), '--mqtt.udpHost', '127.0.0.1', '--mqtt.udpPort', '0',
    '--mqtt.signatureKey', 'key of the suite', '--mqtt.endpoint', `127.0.0.1:${port}`
  ]
}

/** Firmware to offer, and the key of a device that has a serial number. */
async function furnish (folder: string): Promise<void> {
  const firmware = path.join(folder, 'firmware')
  await mkdir(firmware)
  for (const name of FIRMWARE) await writeFile(path.join(firmware, `${name}.bin`), Buffer.alloc(FIRMWARE_BYTES, 7))
  await writeFile(path.join(folder, 'serials.csv'), `${BURNT_IN.serialNumber},${BURNT_IN.key.toString('hex')}\n`)
}

function otaUrlOf (server: ServerProcess): string | undefined {
  return server.httpUrl === undefined ? undefined : `${server.httpUrl}/xiaozhi/ota/`
}
