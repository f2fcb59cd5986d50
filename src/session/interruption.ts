import type { Config } from '../core/config-schema.js'
import { EchoGuard } from './echo-guard.js'
import type { SessionState } from './session-machine.js'

/** What is heard this soon after an answer may still be its echo. */
const ECHO_TAIL_MS = 500

/** Whose voice is heard while an answer is: the user's, who interrupts it, or nobody's. */
export class Interruption {
  readonly #rule: Config['session']['bargeIn']
  readonly #asksForAec: () => boolean
  #echo: EchoGuard | undefined
  #mayBeEcho = false
  #isSomebody = false

  /** @param asksForAec does the device leave its echo to the server? */
  constructor (rule: Config['session']['bargeIn'], asksForAec: () => boolean) {
    this.#rule = rule
    this.#asksForAec = asksForAec
  }

  /** Is the voice alone enough? Else only what was understood interrupts. */
  get isByVoice (): boolean { return this.#rule === 'voice' || (this.#rule === 'auto' && !this.#asksForAec()) }

  /** Is what is heard over the answer no more than a listener's noise? */
  isNobody ({ phase, isUserSpeaking }: SessionState): boolean {
    return phase === 'speaking' && isUserSpeaking && this.isByVoice && !this.#isSomebody
  }

  onSentence (text: string): void { (this.#echo ??= new EchoGuard()).onSentence(text) }

  /** @param silentForMs since the last answer was heard; 0 while it is */
  onSpeechStarted (silentForMs: number): void {
    this.#mayBeEcho = silentForMs < ECHO_TAIL_MS
    this.#isSomebody = false
  }

  onSpeechLasts (): void { this.#isSomebody = true }

  isEcho (words: string): boolean { return this.#mayBeEcho && this.#echo?.isEcho(words) === true }
}
