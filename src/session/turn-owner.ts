import type { Log } from '../core/log.js'
import type { DeviceFeatures } from '../protocol/device-hello.js'
import type { DeviceLink } from './device-link.js'
import type { SessionTimes } from './patience.js'
import type { PlayoutOptions } from './playout.js'

/** Whose turns they are. */
export interface TurnOwner {
  readonly deviceId: string
  readonly language: string
  readonly ending: Pick<PlayoutOptions, 'stopsEarly' | 'tailMs'>
  /** The number under which the workers know what was said. */
  readonly conversation: number
  readonly link: DeviceLink
  readonly times: SessionTimes
  readonly log: Log
  readonly features: () => DeviceFeatures
  /** The last answer was heard. */
  readonly onLeave: (code: number, reason: string) => void
}
