import { ChorusError } from '../../core/errors.js'
import type { SpeechJobs } from '../speech-jobs.js'
import type { PcmChunk, SpeechRequest, Tts } from '../types.js'

export interface LocalTtsOptions {
  readonly jobs: SpeechJobs
  readonly hasEspeak: boolean
  /** `auto`: flite for English, espeak-ng for the rest. */
  readonly engine: 'auto' | 'flite' | 'espeak'
}

/** The voices on this machine, run by inference workers: flite, and espeak-ng where installed. */
export class LocalTts implements Tts {
  readonly name = 'tts/local'
  readonly #options: LocalTtsOptions

  constructor (options: LocalTtsOptions) {
    this.#options = options
  }

  async * synthesise (request: SpeechRequest): AsyncGenerator<PcmChunk, void, void> {
    const engine = this.#engineFor(request.language)
    try {
      yield await this.#options.jobs.speak(engine, request.text, request.language, request.signal)
    } catch (error) {
      if (!request.signal.aborted) throw error
    }
  }

  async warm (): Promise<void> {} // the inference workers warm what they run
  async close (): Promise<void> {}

  #engineFor (language: string): 'flite' | 'espeak' {
    const { engine, hasEspeak } = this.#options
    if (engine !== 'espeak' && language === 'en') return 'flite'
    if (engine !== 'flite' && hasEspeak) return 'espeak'
    throw new ChorusError('CHORUS_TTS_NO_VOICE', [language, 'install espeak-ng ("apt install espeak-ng"), or set tts.provider to openai'])
  }
}
