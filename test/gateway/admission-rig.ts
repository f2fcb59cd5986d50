import type { TestContext } from 'node:test'
import { makeConfig } from '../../src/core/config.js'
import type { DeviceDirectory, DeviceRecord } from '../../src/core/device-directory.js'
import type { Log, LogFields } from '../../src/core/log.js'
import { Admission, type Verdict } from '../../src/gateway/admission.js'
import type { UpgradeRequest } from '../../src/gateway/transport.js'
import { signToken } from '../../src/protocol/token.js'

export const SHARED_KEY = 'the key of the server'
export const OWN_KEY = 'the key of the device'
export const ID = '02:00:00:00:00:01'
export const CLIENT = '5e1f6b0c-0000-4000-8000-000000000001'
export const PUBLIC = '203.0.113.9'
export const PRIVATE = '192.168.1.20'
export const NOW_S = 1_800_000_000
export const MONTH_S = 2_592_000

export interface Line { readonly level: string, readonly message: string, readonly fields: LogFields }

export interface Knock {
  readonly address?: string
  readonly deviceId?: string
  readonly clientId?: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
}

export function makeDevice (given: Partial<DeviceRecord> = {}): DeviceRecord {
  return {
    deviceId: ID,
    clientId: CLIENT,
    state: 'admitted',
    key: OWN_KEY,
    keyVersion: 1,
    language: undefined,
    firmwareVersion: undefined,
    board: undefined,
    ...given
  }
}

export function makeToken (key: string, ageS = 10, clientId = CLIENT, deviceId = ID): string {
  return signToken(key, { clientId, deviceId }, NOW_S - ageS)
}

type Settings = Readonly<Record<string, unknown>>

export interface AdmissionRig {
  readonly admission: Admission
  readonly devices: Map<string, DeviceRecord>
  readonly lines: Line[]
  /** What the directory does; tests replace it. */
  readonly directory: { find: DeviceDirectory['find'], admit: DeviceDirectory['admit'], pendingActivation: DeviceDirectory['pendingActivation'] }
  readonly later: (ms: number) => void
  /** @returns 101, or the status of the refusal */
  knock (knock?: Knock): Promise<number>
  decide (knock?: Knock): Verdict | Promise<Verdict>
  refused (): Readonly<Record<string, number>>
  accepted (): Readonly<Record<string, number>>
}

export function makeAdmission (t: TestContext, settings: Settings = {}, known: readonly DeviceRecord[] = []): AdmissionRig {
  const lines: Line[] = []
  const devices = new Map(known.map(device => [device.deviceId, device]))
  let nowMs = 0
  const directory: AdmissionRig['directory'] = {
    find: deviceId => Promise.resolve(devices.get(deviceId)),
    pendingActivation: () => Promise.resolve(undefined),
    admit: ({ deviceId, clientId }) => {
      const device = devices.get(deviceId) ?? makeDevice({ deviceId, clientId })
      devices.set(deviceId, device)
      return Promise.resolve(device)
    }
  }
  const admission = new Admission({
    auth: makeConfig(settings).auth,
    directory: directory as DeviceDirectory,
    tokenKey: SHARED_KEY,
    log: makeLog(lines),
    now: () => nowMs,
    wallClock: () => NOW_S * 1000
  })
  t.after(() => { admission.close() })
  const decide = (knock: Knock = {}): Verdict | Promise<Verdict> => admission.decide(requestOf(knock))
  return {
    admission,
    devices,
    lines,
    directory,
    decide,
    later: ms => { nowMs += ms },
    knock: async knock => {
      const verdict = await decide(knock)
      return verdict.kind === 'accepted' ? 101 : verdict.status
    },
    refused: () => nonZero(admission.figures['refused']),
    accepted: () => nonZero(admission.figures['accepted'])
  }
}

export function requestOf ({ address = PRIVATE, deviceId = ID, clientId = CLIENT, token, headers = {}, query = '' }: Knock): UpgradeRequest {
  const all: Readonly<Record<string, string>> = {
    'device-id': deviceId, 'client-id': clientId, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers
  }
  return { path: '/xiaozhi/v1/', query, address, header: name => all[name] ?? '' }
}

function nonZero (counts: unknown): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts as Record<string, number>).filter(([, count]) => count > 0))
}

function makeLog (lines: Line[]): Log {
  const at = (level: string) => (message: string, fields: LogFields = {}): void => { lines.push({ level, message, fields }) }
  const log: Log = { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log }
  return log
}
