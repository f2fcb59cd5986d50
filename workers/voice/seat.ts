// hot path
import { writeEndpoint, type Endpoint } from '../../src/ring/endpoint.js'
import { microseconds } from '../../src/ring/microseconds.js'
import { ECHO_LASTS, ENDPOINT, MAX_PAYLOAD_BYTES, PAUSE, SPEECH_LASTS, SPEECH_STARTED } from '../../src/ring/layout.js'
import type { Outbox } from '../../src/ring/outbox.js'
import type { SlotTable } from '../../src/ring/slot-table.js'
import type { Hearing } from './hearing.js'
import type { SessionRecording } from './recorder.js'
import type { Speaking } from './speaking.js'
import type { SpeechTap } from './speech-tap.js'
import type { HearingSink } from './types.js'

const endpointBytes = new Uint8Array(MAX_PAYLOAD_BYTES)

/**
 * What belongs to one slot, kept for the life of the worker. The codecs and queues are borrowed: an
 * ear for as long as a session holds the slot, a mouth for as long as a turn is spoken.
 */
export class Seat implements HearingSink {
  readonly slot: number
  /** That of the lease, -1 when nobody holds the slot. */
  generation = -1
  hearing: Hearing | null = null
  speaking: Speaking | null = null
  /** The uplink frame that comes next; what is missing was refused by a full ring. */
  nextSequence = 0
  /** Flags of the last HEAR; what is heard carries them. */
  hearFlags = 0
  /** What writes down what this session's hearing does, where that is wanted. */
  recording: SessionRecording | null = null
  /** The batch of voice detection that it was in last, and whether it has a place in the next. */
  batch = 0
  isHurried = false
  /** How the streaming recogniser listens along, where there is one. */
  readonly tap: SpeechTap | null
  readonly #slots: SlotTable
  readonly #outbox: Outbox

  constructor (slot: number, slots: SlotTable, outbox: Outbox, tap: SpeechTap | null = null) {
    this.slot = slot
    this.tap = tap
    this.#slots = slots
    this.#outbox = outbox
  }

  onSpeechStarted (): void { this.#tell(SPEECH_STARTED) }
  onSpeechLasts (): void { this.#tell(SPEECH_LASTS) }
  onEchoLasts (): void { this.#tell(ECHO_LASTS) }
  onPause (endpoint: Endpoint): void { this.#send(PAUSE, endpoint, 0) }
  onEndpoint (endpoint: Endpoint, arrivalAt: number): void { this.#send(ENDPOINT, endpoint, arrivalAt) }

  #tell (kind: number): void {
    if (this.recording !== null) this.recording.told(kind)
    this.#outbox.send(kind, this.hearFlags, this.slot, this.generation, this.#slots.turn(this.slot))
  }

  #send (kind: number, endpoint: Endpoint, arrivalAt: number): void {
    if (this.recording !== null) this.recording.toldEndpoint(kind, endpoint)
    const bytes = writeEndpoint(endpoint, { arrivalAt, verdictAt: microseconds() }, endpointBytes)
    this.#outbox.send(kind, this.hearFlags, this.slot, this.generation, this.#slots.turn(this.slot), endpointBytes.subarray(0, bytes))
  }
}
