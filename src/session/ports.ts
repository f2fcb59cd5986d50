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

export interface Prompts {
  /** In the device's language where there is one, else in English. */
  find (name: 'apology' | 'language', language: string): Prompt
}
