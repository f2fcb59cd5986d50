import type { HeardTimes } from '../core/turn-stages.js'

/** What the engine tells the gateway about the session in a slot. Stale news never arrives here. */
export interface EngineSink {
  /** One Opus packet of `turn`; the view is valid during the call only. */
  onFrame (slot: number, turn: number, packet: Uint8Array): void
  /** The frames that follow speak this sentence. */
  onSentence (slot: number, turn: number, text: string): void
  onEmotion (slot: number, turn: number, emotion: string, emoji: string): void
  /** No frame of `turn` follows. */
  onTurnEnd (slot: number, turn: number, isFailed: boolean): void
  /** `hearing` tells which order to hear it comes from. */
  onSpeechStarted (slot: number, hearing: number): void
  /** Who began to speak goes on: it is no mere noise. */
  onSpeechLasts (slot: number, hearing: number): void
  /** The same of what sounds like the answer. */
  onEchoLasts (slot: number, hearing: number): void
  /** Would an utterance that ends here be recognised? */
  onPause (slot: number, hearing: number): boolean
  /** May this session's utterance go to the recogniser? Else its audio is let go. */
  onEndpoint (slot: number, hearing: number, reason: number): boolean
  /**
   * The words of an utterance, in the order of the endpoints, and how they came about. `isPartial`:
   * the speech went on.
   */
  onTranscript (slot: number, text: string, isPartial: boolean, heard: HeardTimes): void
  /** The words so far of somebody who still speaks, from a streaming recogniser. */
  onPartial (slot: number, text: string): void
  onRecognitionFailed (slot: number, error: unknown): void
}
