import type { JsonObject } from './types.js'

const SPEAKER = {
  name: 'Speaker',
  description: 'The speaker',
  properties: { volume: { description: 'The volume, 0 to 100', type: 'number' } },
  methods: { SetVolume: { description: 'Sets the volume', parameters: { volume: { description: 'From 0 to 100', type: 'number', required: true } } } }
}

/** The things of firmware until 1.7, which had no MCP: a speaker. */
export class IotThings {
  #volume = 70

  get volume (): number { return this.#volume }

  /** What such a device says when its channel is open: what it has, and how that is set. */
  introduce (): readonly string[] { return [formatIot({ descriptors: [SPEAKER] }), this.#formatStates()] }

  /** Does what an `iot` message commands. @returns the new states, or undefined without one */
  obey (message: JsonObject): string | undefined {
    const commands = Array.isArray(message['commands']) ? message['commands'] as readonly JsonObject[] : []
    const wanted = commands.findLast(({ name, method }) => name === 'Speaker' && method === 'SetVolume')
    const volume = (wanted?.['parameters'] as JsonObject | undefined)?.['volume']
    if (typeof volume !== 'number') return undefined
    this.#volume = volume
    return this.#formatStates()
  }

  #formatStates (): string { return formatIot({ states: [{ name: 'Speaker', state: { volume: this.#volume } }] }) }
}

// Behind the session's id, as all messages of a device.
function formatIot (content: JsonObject): string { return JSON.stringify({ type: 'iot', update: true, ...content }).slice(1) }
