import type { DeviceFacts } from '../core/device-directory.js'

/** Who connected. */
export interface Caller {
  readonly deviceId: string
  readonly language: string
  readonly protocolVersion: number | undefined
  /** An MQTT gateway connects on behalf of the device, and frames audio in its own way. */
  readonly isBehindGateway: boolean
  /** Version of its firmware, as it registered. */
  readonly firmwareVersion?: string | undefined
  /** What it was let in by. */
  readonly facts?: DeviceFacts | undefined
  /** The device is not approved yet: all that it hears is this code. */
  readonly activationCode?: string | undefined
}

/** What a session needs of its place in the workers (threads/seat-handle.ts has it). */
export interface Seat {
  readonly slot: number
  readonly turn: number
  /** Which hearing is under way; what is heard carries its number. */
  readonly hearing: number
  pushFrame (packet: Uint8Array): void
  /** So many frames before the next one are lost, and made up for. */
  skipFrames (frames: number): void
  hear (isManual: boolean): void
  hearEnd (): void
  hearGap (): void
  deaf (): void
  /** What was said until now and is not recognised yet will not be: it is told as no words. */
  forget (): void
  nextTurn (): number
  ask (text: string): void
  /** Says the text as it is. */
  speak (text: string): void
  cancel (): void
  /** Gives the place back; what was said is remembered for the next one. */
  detach (): void
}

/** What became of a message: gone or queued by the kernel, queued here, or thrown away. */
export type SendResult = 'sent' | 'queued' | 'dropped'

/** A session's socket. */
export interface Line {
  sendText (text: string): SendResult
  sendBinary (message: Uint8Array): SendResult
  /** Sends a Close frame and closes the connection without waiting for the device's. */
  close (code: number, reason: string): void
}

/** A sentence that is kept as packets, for when nothing can be synthesised. */
export interface Prompt { readonly text: string, readonly packets: readonly Uint8Array[] }

/** `assets/prompts/prompts.yaml` says what each is for. */
export type PromptName = 'greeting' | 'apology' | 'language' | 'goodbye' | 'busy' | 'quota'

export interface Prompts {
  /** In the device's language where there is one, else in English. */
  find (name: PromptName, language: string): Prompt
  /** Tells a code digit by digit; other characters of it are left out. */
  activation (code: string, language: string): Prompt
}

/** Whoever the workers send texts and names of tools to: a session. */
export interface ToolDevice {
  readonly deviceId: string
  sendToolText (text: string): void
  showToolCall (name: string): void
}

/** Where the tools of devices are kept, from their hello on. */
export interface ToolKeeper {
  /** The second time nothing happens. */
  open (conversation: number, device: ToolDevice, hasMcp: boolean): void
  push (conversation: number, text: string): void
}
