import type { HttpFault } from '../core/http-fault.js'

export type WebFault = HttpFault
  /** More than `http.maxConnections`, or than `http.maxConnectionsPerAddress`. */
  | 'refusedConnections'
  /** Nothing moved for `http.idleTimeoutMs`. */
  | 'stalledConnections'
  | 'oversizeBodies'
  | 'unknownPaths'

/** Refusals of the HTTP port that have to do with no device yet, since the start. */
export class WebCounts {
  readonly figures: Record<WebFault, number> = {
    lateRequests: 0,
    oversizeHeaders: 0,
    brokenRequests: 0,
    refusedConnections: 0,
    stalledConnections: 0,
    oversizeBodies: 0,
    unknownPaths: 0
  }

  count (fault: WebFault): void { this.figures[fault]++ }
}
