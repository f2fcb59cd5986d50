import type { Language, PcmChunk } from './types.js'

/** How a local voice reaches the inference workers; the caller of the providers supplies it. */
export interface SpeechJobs {
  /** @throws CHORUS_INFERENCE_BUSY, CHORUS_INFERENCE_FAILED, CHORUS_PROVIDER_BROKEN */
  speak (engine: 'flite' | 'espeak', text: string, language: Language, signal: AbortSignal): Promise<PcmChunk>
}
