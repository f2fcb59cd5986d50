import type { Config } from '../core/config-schema.js'
import { ChorusError } from '../core/errors.js'

/** A provider that can be chosen by its name, and what people are told of it. */
export interface Vendor<Provider> {
  /** `Microsoft Edge`. */
  readonly title: string
  /** What is spoken with it: `WebSocket, MP3`. */
  readonly wire: string
  /** Was the service itself ever asked, or only a server of ours that speaks its protocol? */
  readonly isTried: boolean
  /** What must be set before it can be used: paths, `tts.edge.voice`. */
  readonly needs: readonly string[]
  /** What it is set to, in a line for the log: `alloy at https://…`. */
  readonly describe: (config: Config) => string
  /** Loads its client, and no other. */
  readonly make: (config: Config) => Promise<Provider>
}

/** @throws CHORUS_CONFIG_INVALID that names what is not set */
export function checkNeeds (config: Config, name: string, { needs, title }: Pick<Vendor<unknown>, 'needs' | 'title'>): void {
  for (const path of needs) {
    const value = path.split('.').reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>> | undefined)?.[key], config)
    if (value === '' || value === undefined) throw new ChorusError('CHORUS_CONFIG_INVALID', [path, 'nothing', `what ${title} (${name}) needs`])
  }
}

/**
 * The vendor of that name.
 * @throws CHORUS_CONFIG_INVALID when there is none, or it lacks what it needs
 */
export function findVendor<Provider> (
  config: Config, vendors: Readonly<Record<string, Vendor<Provider>>>, name: string, path: string
): Vendor<Provider> {
  const vendor = Object.hasOwn(vendors, name) ? vendors[name] : undefined
  if (vendor === undefined) throw new ChorusError('CHORUS_CONFIG_INVALID', [path, JSON.stringify(name), `one of ${Object.keys(vendors).join(', ')}`])
  checkNeeds(config, name, vendor)
  return vendor
}
