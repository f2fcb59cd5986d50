import type { HttpFault } from '../core/http-fault.js'

/** Ends that uWebSockets.js makes by itself and tells nobody of. */
const handshakeFaults = ['lateRequests', 'oversizeHeaders', 'brokenRequests'] as const satisfies readonly HttpFault[]
const openFaults = [
  /** `gateway.maxConnections` devices were there. */
  'busy',
  'oversizeMessages',
  /** What is no WebSocket after the upgrade, and texts that are no UTF-8. */
  'brokenMessages',
  /** More than `gateway.backpressureBytes` waited for a device that does not read. */
  'slowReaders'
] as const

export type HandshakeFault = typeof handshakeFaults[number]
export type WireFault = HandshakeFault | typeof openFaults[number]

/** What was refused on the WebSocket port because it keeps to no rule of the wire. */
export class WireCounts {
  readonly #counts = new Map<WireFault, number>()

  count (fault: WireFault): void { this.#counts.set(fault, this.#read(fault) + 1) }

  /** @param seesHandshakes false: what is not seen is null, which is not the same as none */
  figures (seesHandshakes: boolean): Readonly<Record<WireFault, number | null>> {
    const open = openFaults.map(fault => [fault, this.#read(fault)])
    const handshakes = handshakeFaults.map(fault => [fault, seesHandshakes ? this.#read(fault) : null])
    return Object.fromEntries([...open, ...handshakes]) as Record<WireFault, number | null>
  }

  #read (fault: WireFault): number { return this.#counts.get(fault) ?? 0 }
}
