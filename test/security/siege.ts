import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseArguments } from '../../src/bin/simulate/arguments.js'
import { MockService, mockSettings } from '../../src/bin/simulate/mock-service.js'
import { signMqttPassword } from '../../src/protocol/mqtt-credentials.js'
import { signToken } from '../../src/protocol/token.js'
import type { Store } from '../../src/store/store.js'
import type { DeviceOptions } from '../../tools/simulator/types.js'
import { makeStore, reportOf } from '../store/make-store.js'
import { ChorusServer } from '../support/chorus-server.js'
import type { HonestTurn } from './honest-device.js'
import { PROXY, until } from './attackers.js'

export const SHARED_KEY = 'the key of the server'
export const MQTT_KEY = 'the key of the broker'
export const OPERATOR_SECRET = 'the secret of the operator'
export const CODES_PER_ADDRESS = 5
export const ADDRESS_BURST = 15

const SETTINGS = [
  // Nobody who has to wait, or came too often, is forgiven before the test has looked.
  '--auth.backoffMs', '60000', '--auth.addressBurst', String(ADDRESS_BURST), '--auth.addressPerMinute', '1',
  '--auth.key', SHARED_KEY, '--auth.trustedProxies', PROXY, '--http.operatorSecret', OPERATOR_SECRET, '--ota.codesPerAddress', String(CODES_PER_ADDRESS),
  '--mqtt.enabled', '--mqtt.port', '0', '--mqtt.udpPort', '0', '--mqtt.host', '127.0.0.1', '--mqtt.udpHost', '127.0.0.1', '--mqtt.signatureKey', MQTT_KEY
]

/** How soon after an attack all of it is counted. */
const SETTLE_MS = 5000
/** Most of its answer: a second in frames of 60 ms. */
const MIN_FRAMES = 12

export interface BoundDevice { readonly deviceId: string, readonly clientId: string, readonly key: string }

/** A server with devices that talk, and what a test needs to attack it. */
export class Siege {
  readonly server: ChorusServer
  /** Approved devices: one that talks, and one that attackers may have. */
  readonly talker: BoundDevice
  readonly bound: BoundDevice
  /** At the end of the siege, however it ends. */
  readonly after: (close: () => void) => void
  readonly #honest: HonestDevice[]

  static async begin (t: TestContext, transport: 'uws' | 'ws', more: readonly string[] = []): Promise<Siege> {
    const quiet = { onProgress: () => {}, onExit: () => {} }
    const mock = await MockService.start(parseArguments(['--mock-ai', '--answer-s', '1']), quiet, new AbortController().signal)
    t.after(() => mock.stop())
    const data = await mkdtemp(join(tmpdir(), 'chorus-siege-'))
    t.after(() => rm(data, { recursive: true, force: true }))
    const { store } = await makeStore(t, data)
    const talker = await bind(store, '02:00:00:00:00:01')
    const bound = await bind(store, '02:00:00:00:00:02')
    await store.close()
    const server = await ChorusServer.start(t, { data, args: [...mockSettings(mock.baseUrl, 'local'), ...SETTINGS, '--gateway.transport', transport, ...more] })
    return new Siege(t, server, talker, bound)
  }

  constructor (t: TestContext, server: ChorusServer, talker: BoundDevice, bound: BoundDevice) {
    this.after = close => { t.after(close) }
    this.server = server
    this.talker = talker
    this.bound = bound
    const mqtt = { clientId: 'GID_x@@@02_00_00_00_00_03@@@u', username: 'u' }
    const password = signMqttPassword(MQTT_KEY, mqtt.clientId, mqtt.username)
    this.#honest = [
      { url: server.url, deviceId: talker.deviceId, clientId: talker.clientId, token: tokenOf(talker) },
      { url: server.mqttUrl, deviceId: '02:00:00:00:00:03', mqtt: { ...mqtt, password } }
    ].map(options => new HonestDevice(t, options))
  }

  get gatewayPort (): number { return Number(new URL(this.server.url).port) }
  get httpPort (): number { return Number(new URL(this.server.httpUrl).port) }
  get mqttPort (): number { return Number(new URL(this.server.mqttUrl).port) }

  /** Each device has had so many turns since the siege began, or more. */
  async hasTalked (turns: number): Promise<void> {
    await until(`${turns} turns`, () => Promise.resolve(this.#honest.every(device => device.turns.length >= turns)))
  }

  /**
   * Ends the talk; all of it was understood and answered.
   * @returns how many turns there were
   */
  async assertUnharmed (): Promise<number> {
    for (const device of this.#honest) {
      const turns = await device.stop()
      assert.ok(turns.length > 1, 'it hardly talked')
      for (const turn of turns) {
        assert.deepEqual([turn.wordErrors, turn.isComplete, turn.lostFrames], [0, true, 0], JSON.stringify(turn))
        assert.ok(turn.playedFrames >= MIN_FRAMES, JSON.stringify(turn))
      }
    }
    assert.equal(this.server.child.exitCode, null)
    return this.#honest.reduce((sum, { turns }) => sum + turns.length, 0)
  }

  /** The figure of `/healthz` at a path such as `web.oversizeBodies`. */
  async figure (path: string): Promise<number> { return at(await this.server.health(), path) }

  /** Attacks, and sees each of these counters rise by exactly so much. */
  async counts (expected: Readonly<Record<string, number>>, attack: () => Promise<void>): Promise<void> {
    const paths = Object.keys(expected)
    const before = await this.server.health()
    await attack()
    const rises = async (): Promise<Record<string, number>> => {
      const health = await this.server.health()
      return Object.fromEntries(paths.map(path => [path, at(health, path) - at(before, path)]))
    }
    let last = await rises()
    await until(`${JSON.stringify(expected)}`, async () => {
      last = await rises()
      return paths.every(path => last[path]! >= expected[path]!)
    }, SETTLE_MS).catch(() => {}) // the comparison tells more
    assert.deepEqual(last, expected)
  }
}

export function tokenOf ({ deviceId, clientId, key }: BoundDevice, ageS = 0): string {
  return signToken(key, { deviceId, clientId }, Math.floor(Date.now() / 1000) - ageS)
}

async function bind (store: Store, deviceId: string): Promise<BoundDevice> {
  const clientId = `client-of-${deviceId}`
  const { code } = await store.beginActivation(reportOf(deviceId, clientId))
  const { key } = await store.approve(code)
  return { deviceId, clientId, key }
}

function at (health: Readonly<Record<string, unknown>>, path: string): number {
  const value = path.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], health)
  assert.equal(typeof value, 'number', `${path} is ${String(value)}`)
  return value as number
}

/** A process that plays a device. */
class HonestDevice {
  readonly turns: HonestTurn[] = []
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>

  constructor (t: TestContext, options: DeviceOptions) {
    const script = fileURLToPath(new URL('./honest-device.js', import.meta.url))
    this.#child = fork(script, [JSON.stringify(options)])
    this.#child.on('message', turn => { this.turns.push(turn as HonestTurn) })
    this.#ended = new Promise(resolve => { this.#child.once('exit', resolve) })
    t.after(() => { this.#child.kill() })
  }

  /** After the turn that is under way. */
  async stop (): Promise<readonly HonestTurn[]> {
    if (this.#child.connected) this.#child.send('stop')
    assert.equal(await this.#ended, 0, 'the honest device failed')
    return this.turns
  }
}
