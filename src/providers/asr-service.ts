import type { Config } from '../core/config-schema.js'
import { asrVendors } from './asr-vendors.js'
import { checkNeeds } from './vendor.js'

export type AsrServiceName = keyof typeof asrVendors

/** The recognition service that the settings ask for, and what it is set to. */
export interface AsrService { readonly name: AsrServiceName, readonly description: string }

/** Does a service recognise, and no model on this machine? */
export function isRecognitionRemote (config: Config): boolean { return nameOf(config) !== undefined }

/**
 * The recognition service that the settings ask for; undefined where recognition is local. The
 * gateway asks, too, so this file loads no client.
 * @throws CHORUS_CONFIG_INVALID when it lacks what it needs
 */
export function findAsrService (config: Config): AsrService | undefined {
  const name = nameOf(config)
  if (name === undefined) return undefined
  checkNeeds(config, name, asrVendors[name])
  return { name, description: asrVendors[name].describe(config) }
}

function nameOf ({ asr }: Config): AsrServiceName | undefined {
  const { provider, openai } = asr
  if (provider === 'auto') return openai.apiKey !== '' || openai.baseUrl !== '' ? 'openai' : undefined
  return Object.hasOwn(asrVendors, provider) ? provider as AsrServiceName : undefined
}
