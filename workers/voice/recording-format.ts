// A recording: what one session's hearing took in, and what it made of it, in the order in which
// that happened. Nothing in it tells the time; the clock is the number of windows that were judged.
//
//   "CHORUSR1" | u32 bytes of the header | header, JSON | record | record | ...
//
//   record: u8 kind | u8 0 | u16 extra | u32 windows judged before | u32 bytes | payload
//
// All numbers are little-endian. The last record is END; a file without one was cut off.
import type { HearingOptions } from './hearing-options.js'

export const MAGIC = 'CHORUSR1'
export const RECORD_HEADER_BYTES = 12

/** A packet, as it came; extra: frames that were missing before it. */
export const FRAME = 1
/** Hears from here on; extra: 1 in manual mode. */
export const STARTS = 2
/** The device says that the utterance is over; extra: the reason, as in ring/endpoint.ts. */
export const FINISHES = 3
/** Hears no more. */
export const STOPS = 4
/** A recogniser agrees that it is over; payload: u32, of how many samples that is said. */
export const AGREES = 5
/** The device begins to play an answer, which is compared with what it hears. */
export const ANSWERS = 6
/** What it plays; extra: rate in units of 100 Hz; payload: PCM16. */
export const PLAYS = 7

/** A window was judged; payload: f32 probability, u32 hash of its samples. */
export const WINDOW = 16
/** Was told to the gateway; extra: the kind of the record in the ring. */
export const TOLD = 17
/** The same with an endpoint; payload: u32 utterance, start, end, end of speech, reason. */
export const TOLD_ENDPOINT = 18

/** Extra: why, of the reasons below. */
export const END = 31
export const SESSION_OVER = 0
export const TOO_LONG = 1
export const DISK_TOO_SLOW = 2
export const SERVER_STOPS = 3

export const WINDOW_BYTES = 8
export const ENDPOINT_WORDS = 5

export interface RecordingHeader {
  readonly version: 1
  readonly startedAt: string
  readonly node: string
  readonly opus: string
  readonly hearing: HearingOptions
}

/** FNV-1a over samples. */
export function hashSamples (samples: Int16Array): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < samples.length; at++) hash = Math.imul(hash ^ (samples[at]! & 0xffff), 0x01000193)
  return hash >>> 0
}
