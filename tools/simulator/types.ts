import type { Impairment } from './udp-link.js'

export type DeviceState = 'idle' | 'connecting' | 'listening' | 'speaking' | 'crashed'
export type ListenMode = 'auto' | 'manual' | 'realtime'
export type FrameVersion = 1 | 2 | 3

/** A parsed text frame; nothing about it is known until it is looked at. */
export type JsonObject = Readonly<Record<string, unknown>>

/**
 * What a build and its generation do differently.
 * - `aec`: `device` and `server` builds listen in realtime, `off` in auto; `server` announces
 * itself and echoes the timestamps of the frames that it played.
 * - `audio`: what becomes of the downlink: kept as PCM, decoded and thrown away, or only counted by
 * its Opus header (a fleet of hundreds in one process).
 * - `mic`: `live` runs its own encoder, `shared` sends packets that all devices have in common (a
 * fleet again), `off` sends no audio at all (text only).
 */
export interface DeviceProfile {
  readonly version: string
  readonly aec: 'off' | 'device' | 'server'
  readonly mcp: boolean
  /** The things of firmware until 1.7, before MCP. */
  readonly iot: boolean
  readonly glyphPush: boolean
  readonly pongs: boolean
  readonly mic: 'live' | 'shared' | 'off'
  readonly audio: 'record' | 'decode' | 'count'
}

/** What the OTA answer gives a device for the broker. */
export interface MqttCredentials {
  /** By default made of the ids of the device. */
  readonly clientId?: string
  readonly username?: string
  readonly password?: string
}

export interface DeviceOptions {
  /** ws:// or wss://, or mqtt:// for MQTT and UDP. */
  readonly url: string
  readonly mqtt?: MqttCredentials
  /** What the network does to the datagrams of audio; TCP is left alone. */
  readonly impairment?: Impairment | undefined
  readonly deviceId?: string
  readonly clientId?: string
  readonly token?: string
  /** Binary framing, also told in the hello and in `Protocol-Version`. */
  readonly version?: FrameVersion
  /**
   * What `start()` asks for; by default `auto`, or `realtime` for builds with echo cancellation.
   */
  readonly mode?: ListenMode
  readonly profile?: Partial<DeviceProfile>
  readonly headers?: Readonly<Record<string, string>>
  /** Delay of each pass of the main loop; 0 to 5 ms at random by default. */
  readonly mainLoopLatencyMs?: number | (() => number)
  readonly helloTimeoutMs?: number
  readonly upgradeTimeoutMs?: number
  /** A channel that brought nothing for longer counts as closed at the next wake. */
  readonly freshnessMs?: number
  /** How long a device tool takes; it blocks the main loop. */
  readonly toolCallMs?: number
  /** Finished turns that stay in `turns`; the oldest go first. */
  readonly keepTurns?: number
  /** Self-signed servers in tests; firmware refuses them. */
  readonly allowSelfSigned?: boolean
}

export interface JsonEntry {
  readonly atMs: number
  readonly direction: 'in' | 'out'
  /** `undefined` when the text was not JSON or no object. */
  readonly message: JsonObject | undefined
  readonly text: string
}

export interface Sentence { readonly atMs: number, readonly text: string }

/** Arrivals of downlink frames: entry `k` of each list is frame `k`. */
export interface FrameArrivals {
  readonly count: number
  readonly atMs: Float64Array
  readonly bytes: Uint16Array
}

export type TurnOutcome = 'open' | 'done' | 'unanswered' | 'closed'

/** Times are `performance.now()` of this process; `null` means that it did not happen. */
export interface TurnRecord {
  readonly index: number
  readonly startedAtMs: number
  readonly mode: ListenMode
  readonly outcome: TurnOutcome
  readonly messages: readonly JsonEntry[]
  readonly sentences: readonly Sentence[]
  readonly frames: FrameArrivals
  readonly uplinkFrames: number
  readonly uplinkBytes: number
  /** The last frame of the clip was sent. */
  readonly clipEndAtMs: number | null
  /** The last frame that held speech was sent: clips end in some silence. */
  readonly speechEndAtMs: number | null
  readonly textSentAtMs: number | null
  readonly listenStopAtMs: number | null
  readonly sttAtMs: number | null
  readonly sttText: string | null
  readonly ttsStartAtMs: number | null
  /** The main loop got round to it and the state became speaking. */
  readonly speakingAtMs: number | null
  readonly firstFrameAtMs: number | null
  readonly lastFrameAtMs: number | null
  readonly firstPlayedAtMs: number | null
  readonly ttsStopAtMs: number | null
  readonly drainedAtMs: number | null
  readonly abortAtMs: number | null
  /** Frames thrown away because the state was not yet speaking, or cleared at its entry. */
  readonly lostBeforeSpeaking: number
  /** Frames that came when the device no longer speaks, or cut by the start of the microphone. */
  readonly lostAfterSpeaking: number
  readonly overflowDrops: number
  readonly malformedFrames: number
  readonly playedFrames: number
  readonly underruns: number
  readonly underrunMs: number
  /** What the speaker emitted, underruns as silence; empty unless `audio` is `record`. */
  readonly played: Int16Array
  readonly sampleRate: number
  readonly frameMs: number
}

export interface SpeakResult {
  readonly endedAtMs: number
  /** The microphone was switched off before the clip was over. */
  readonly cut: boolean
}
