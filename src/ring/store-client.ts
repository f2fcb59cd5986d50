import type { MessagePort } from 'node:worker_threads'
import type { DeviceRecord, DeviceReport, DeviceStanding, PendingActivation, StoreApi } from '../core/device-directory.js'
import { ChorusError } from '../core/errors.js'
import type { StoreAnswer, StoreMethod, StoreRequest } from './store-messages.js'

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: ChorusError) => void
  readonly timer: NodeJS.Timeout
}

/**
 * The store, asked from any thread over a port of one's own.
 * Each request fails with CHORUS_STORE_TIMEOUT when its time is over, with CHORUS_STOPPING when the
 * store has gone, and with whatever error the store has.
 */
export class StoreClient implements StoreApi {
  readonly #port: MessagePort
  readonly #timeoutMs: number
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #isClosed = false

  constructor (port: MessagePort, timeoutMs: number) {
    this.#port = port
    this.#timeoutMs = timeoutMs
    port.on('message', (answer: StoreAnswer) => { this.#onAnswer(answer) })
    port.on('close', () => { this.close() })
  }

  find (deviceId: string): Promise<DeviceRecord | undefined> { return this.#ask('find', [deviceId]) }
  report (report: DeviceReport): Promise<DeviceRecord | undefined> { return this.#ask('report', [report]) }
  admit (newcomer: Pick<DeviceReport, 'deviceId' | 'clientId' | 'address'>): Promise<DeviceRecord> { return this.#ask('admit', [newcomer]) }
  beginActivation (report: DeviceReport): Promise<PendingActivation> { return this.#ask('beginActivation', [report]) }
  pendingActivation (deviceId: string, clientId?: string): Promise<PendingActivation | undefined> { return this.#ask('pendingActivation', [deviceId, clientId]) }
  approvedChallenge (deviceId: string, clientId: string): Promise<string | undefined> { return this.#ask('approvedChallenge', [deviceId, clientId]) }
  spendChallenge (deviceId: string): Promise<void> { return this.#ask('spendChallenge', [deviceId]) }
  forceOnce (deviceId: string, file: string): Promise<boolean> { return this.#ask('forceOnce', [deviceId, file]) }
  revision (): Promise<string> { return this.#ask('revision', []) }
  standings (deviceIds: readonly string[]): Promise<readonly DeviceStanding[]> { return this.#ask('standings', [deviceIds]) }
  tokenKey (): Promise<string> { return this.#ask('tokenKey', []) }

  /** Whoever still waits is told that the server stops. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#port.close()
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer)
      reject(new ChorusError('CHORUS_STOPPING'))
    }
    this.#pending.clear()
  }

  #ask<T> (method: StoreMethod, args: readonly unknown[]): Promise<T> {
    if (this.#isClosed) return Promise.reject(new ChorusError('CHORUS_STOPPING'))
    const id = ++this.#lastId
    return new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id)
        reject(new ChorusError('CHORUS_STORE_TIMEOUT', [method, this.#timeoutMs]))
      }, this.#timeoutMs)
      this.#pending.set(id, { resolve, reject, timer })
      this.#port.postMessage({ id, method, args } satisfies StoreRequest)
    }) as Promise<T>
  }

  #onAnswer (answer: StoreAnswer): void {
    const pending = this.#pending.get(answer.id)
    if (pending === undefined) return // it came after its time
    this.#pending.delete(answer.id)
    clearTimeout(pending.timer)
    if (answer.error === undefined) pending.resolve(answer.value)
    else pending.reject(new ChorusError(answer.error.code, answer.error.args))
  }
}
