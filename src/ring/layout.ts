// hot path
//
// One record in a ring (all fields little-endian, records start at multiples of 4):
//
//   0        1        2                4                6
//   +--------+--------+----------------+----------------+----------------+
//   | kind   | flags  | slot           | generation     | turn           |
//   +--------+--------+----------------+----------------+----------------+
//   8                 10               12                                16
//   +-----------------+----------------+---------------------------------+
//   | sequence        | length         | time (of what: see the kinds)   |
//   +-----------------+----------------+---------------------------------+
//   16                                 20
//   +----------------------------------+------------- … -----------------+
//   | tenant                           | payload (length bytes)          |
//   +----------------------------------+------------- … -----------------+

export const RECORD_HEADER_BYTES = 20

/** Largest payload of a record: a browser client sends 2.5 KB packets, text comes in pieces. */
export const MAX_PAYLOAD_BYTES = 4096

/** Bytes that audio may never take, so that a cancel always finds room: 16 full control records. */
export const CONTROL_RESERVE_BYTES = 16 * 1024

// Kinds below FIRST_CONTROL_KIND are audio: they may be refused when a ring is full, the session
// goes on. Kinds from there on are control and use the reserve.

/**
 * gateway → voice: one Opus packet from the device. `sequence` counts what the device sent, refused
 * packets too, so that a gap is heard where it was; `time` is its arrival (ring/microseconds.ts).
 */
export const UPLINK_FRAME = 1
/** voice → gateway: one Opus packet for the device. */
export const DOWNLINK_FRAME = 2
/** dialogue → voice: mono PCM16; `time` is its rate in Hz. */
export const SPEECH_PCM = 3

/** voice → streaming: mono PCM16 at 16 kHz, the next samples of the utterance that is open. */
export const STREAM_PCM = 4
/** Most samples in one of those. */
export const STREAM_PCM_SAMPLES = 512
/** streaming → gateway: the words so far (payload, UTF-8); `time` is how much was heard, in ms. */
export const STREAM_PARTIAL = 5

export const FIRST_CONTROL_KIND = 16

/** gateway → voice and dialogue: the slot now belongs to this generation. */
export const ATTACH = 16
/** gateway → voice and dialogue: let go of the slot, answer with DETACHED. */
export const DETACH = 17
/** voice, dialogue → gateway: nothing of that generation is left here. */
export const DETACHED = 18

/**
 * gateway → voice: hear from here on. Flags say how (HEAR_…) and number the hearing; the payload is
 * the `sequence` of the next frame.
 */
export const HEAR = 20
/** gateway → voice: the device says that the utterance is over; `time` is when, in µs. */
export const HEAR_END = 21
/** gateway → voice: ignore uplink until the next HEAR. */
export const DEAF = 22
/** gateway → voice: no frame came for the configured gap; ends an open utterance, as above. */
export const HEAR_GAP = 23

/** voice → gateway: somebody began to speak; flags are those of the HEAR. */
export const SPEECH_STARTED = 30
/** voice → gateway: an utterance is complete; payload: an endpoint and when (ring/endpoint.ts). */
export const ENDPOINT = 31
/** voice → gateway: a pause that may become one; payload is the endpoint that it would be. */
export const PAUSE = 32

/** voice → gateway: who began to speak goes on, and is no echo; flags are those of the HEAR. */
export const SPEECH_LASTS = 33
/** The same of what sounds like the answer that the device plays; SPEECH_LASTS may follow. */
export const ECHO_LASTS = 34

/** gateway → dialogue: payload is the user's text, UTF-8. */
export const ASK = 40
/** gateway → dialogue: say the payload (UTF-8) as it is; nobody asked. */
export const SPEAK = 44
/** gateway → dialogue: free what the turn holds; its epoch is already stale. */
export const CANCEL = 41
/** gateway → dialogue: the conversation is over, its seat was given back; payload: its number. */
export const FORGET = 43
/** dialogue → gateway: payload is emotion name, a tab, and the emoji. */
export const EMOTION = 42

/** dialogue → voice → gateway: the audio of this sentence (payload, UTF-8) begins here. */
export const SENTENCE = 50
/** dialogue → voice → gateway: the answer is complete (flags: TURN_OK or TURN_FAILED). */
export const TURN_END = 51

/** voice → streaming: an utterance begins; `sequence` numbers those that the seat began. */
export const STREAM_BEGIN = 60
/** voice → streaming: it ended; `time` is its number in the ENDPOINT, flags are STREAM_…. */
export const STREAM_END = 61
/** voice → streaming: nobody wants the utterance that is open. */
export const STREAM_DROP = 62
/**
 * streaming → voice: the recogniser takes utterance `sequence` for ended; `time` is how many of its
 * samples that is true of.
 */
export const STREAM_ENDPOINT_HINT = 63
/** streaming → gateway: the words (payload, UTF-8) of the endpoint `time`; flags are STREAM_…. */
export const STREAM_RESULT = 64

/** STREAM flags: the recogniser heard all of the utterance, or there was no room for it. */
export const STREAM_WHOLE = 0
export const STREAM_DAMAGED = 1

/** HEAR flags: endpoint by voice activity, or by the device alone; other bits are its number. */
export const HEAR_AUTO = 0
export const HEAR_MANUAL = 1
const HEARING_NUMBER_MASK = 0x7f

export function hearFlags (isManual: boolean, number: number): number {
  return (isManual ? HEAR_MANUAL : HEAR_AUTO) | (number & HEARING_NUMBER_MASK) << 1
}

export const TURN_OK = 0
export const TURN_FAILED = 1

/** A record's bytes in the ring: header and payload, rounded up to 4. */
export function recordBytes (payloadBytes: number): number {
  return (RECORD_HEADER_BYTES + payloadBytes + 3) & ~3
}
