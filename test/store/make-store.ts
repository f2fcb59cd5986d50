import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Config } from '../../src/core/config-schema.js'
import { makeConfig } from '../../src/core/config.js'
import type { DeviceReport } from '../../src/core/device-directory.js'
import { openStore, type OpenedStore, type OpenStoreOptions } from '../../src/store/open-store.js'

/** A folder that goes with the test. */
export async function makeFolder (t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'chorus-store-'))
  t.after(async () => { await rm(folder, { recursive: true, force: true }) })
  return folder
}

export function configIn (data: string, settings: Readonly<Record<string, unknown>> = {}): Config {
  return makeConfig({ ...settings, data })
}

export interface OpenedForTest extends OpenedStore {
  /** The wall clock of the store goes on by this. */
  readonly later: (ms: number) => void
}

export async function makeStore (
  t: TestContext, data: string, settings: Readonly<Record<string, unknown>> = {}, sqlite: OpenStoreOptions['sqlite'] = 'auto'
): Promise<OpenedForTest> {
  let now = Date.now()
  const opened = await openStore({ config: configIn(data, settings), sqlite, now: () => now })
  t.after(async () => { await opened.store.close() })
  return { ...opened, later: ms => { now += ms } }
}

export function reportOf (deviceId: string, clientId = `client of ${deviceId}`, rest: Partial<DeviceReport> = {}): DeviceReport {
  return {
    deviceId,
    clientId,
    address: '192.168.1.7',
    language: undefined,
    firmwareVersion: undefined,
    board: undefined,
    serialNumber: undefined,
    ...rest
  }
}
